CREATE TABLE "attachment" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"conversation_id" uuid,
	"message_id" uuid,
	"sender_kind" text NOT NULL,
	"sender_id" uuid,
	"name" text NOT NULL,
	"mime" text NOT NULL,
	"bytes" integer NOT NULL,
	"state" text DEFAULT 'uploading' NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attachment_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "attachment" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "contact_identity" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"value" text NOT NULL,
	"verified_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "contact_identity_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "contact_identity" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "erasure" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	"ordered_kind" text NOT NULL,
	"ordered_by" uuid,
	"ordered_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"done_at" timestamp(3) with time zone,
	"report" jsonb NOT NULL,
	CONSTRAINT "erasure_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "erasure" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "phone" text;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "locale" text;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "attributes" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "erased_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "name_key" text GENERATED ALWAYS AS (lower(name)) STORED;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "email_key" text GENERATED ALWAYS AS (lower(email)) STORED;--> statement-breakpoint
ALTER TABLE "message" ADD COLUMN "attachments" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "attachment" ADD CONSTRAINT "attachment_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachment" ADD CONSTRAINT "attachment_workspace_id_conversation_id_conversation_workspace_id_id_fk" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "public"."conversation"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachment" ADD CONSTRAINT "attachment_workspace_id_message_id_message_workspace_id_id_fk" FOREIGN KEY ("workspace_id","message_id") REFERENCES "public"."message"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_identity" ADD CONSTRAINT "contact_identity_workspace_id_contact_id_contact_workspace_id_id_fk" FOREIGN KEY ("workspace_id","contact_id") REFERENCES "public"."contact"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "erasure" ADD CONSTRAINT "erasure_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact" ADD CONSTRAINT "contact_workspace_id_merged_into_contact_workspace_id_id_fk" FOREIGN KEY ("workspace_id","merged_into") REFERENCES "public"."contact"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attachment_workspace_id_conversation_id_index" ON "attachment" USING btree ("workspace_id","conversation_id");--> statement-breakpoint
CREATE INDEX "attachment_workspace_id_message_id_index" ON "attachment" USING btree ("workspace_id","message_id");--> statement-breakpoint
CREATE INDEX "attachment_waiting" ON "attachment" USING btree ("created_at") WHERE message_id is null;--> statement-breakpoint
CREATE UNIQUE INDEX "contact_identity_one" ON "contact_identity" USING btree ("workspace_id","kind","value");--> statement-breakpoint
CREATE INDEX "contact_identity_workspace_id_contact_id_index" ON "contact_identity" USING btree ("workspace_id","contact_id");--> statement-breakpoint
CREATE UNIQUE INDEX "erasure_once" ON "erasure" USING btree ("workspace_id","contact_id");--> statement-breakpoint
CREATE INDEX "contact_by_name" ON "contact" USING btree ("workspace_id","name_key" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "contact_by_email" ON "contact" USING btree ("workspace_id","email_key" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "contact_by_phone" ON "contact" USING btree ("workspace_id","phone" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "contact_merged" ON "contact" USING btree ("workspace_id","merged_into") WHERE merged_into is not null;--> statement-breakpoint
CREATE POLICY "attachment_tenant" ON "attachment" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "contact_identity_tenant" ON "contact_identity" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "erasure_tenant" ON "erasure" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "attachment_engine" ON "attachment" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (message_id is null);--> statement-breakpoint
-- What drizzle-kit does not write: FORCE and the grants.
DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['attachment', 'contact_identity', 'erasure'] LOOP
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO axon_app', fenced);
  END LOOP;
END
$$;
--> statement-breakpoint
-- The engine sees what waits, and who may still listen; never a name.
GRANT SELECT (workspace_id, id, message_id, created_at) ON attachment TO axon_engine;
--> statement-breakpoint
GRANT SELECT (merged_into, erased_at) ON contact TO axon_engine;
--> statement-breakpoint
-- The names of contacts that were there before. An external id was the word of the business. Who an e-mail address belongs to
-- was nobody's: it is the oldest contact's, as a claim.
INSERT INTO contact_identity (workspace_id, id, contact_id, kind, value, verified_at, created_at)
  SELECT workspace_id, gen_random_uuid(), id, 'external', external_id, coalesce(verified_at, created_at), created_at
  FROM contact WHERE external_id IS NOT NULL
  ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO contact_identity (workspace_id, id, contact_id, kind, value, created_at)
  SELECT DISTINCT ON (workspace_id, lower(email)) workspace_id, gen_random_uuid(), id, 'email', lower(email), created_at
  FROM contact WHERE email IS NOT NULL
  ORDER BY workspace_id, lower(email), created_at, id
  ON CONFLICT DO NOTHING;
