CREATE TABLE "csat" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"resolution" integer NOT NULL,
	"score" integer NOT NULL,
	"comment" text,
	"contact_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "csat_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "csat" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "auto_resolve_minutes" integer GENERATED ALWAYS AS ((settings->'autoResolve'->>'afterMinutes')::integer) STORED;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "priority" text DEFAULT 'normal' NOT NULL;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "attributes" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "snoozed_until" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "resolved_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "resolution" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "boundary_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "previous_id" uuid;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "muted_until" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "waiting_since" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "turn" ADD COLUMN "boundary_seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "message" ADD COLUMN "automatic" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "message" ADD COLUMN "sent_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "csat" ADD CONSTRAINT "csat_workspace_id_conversation_id_conversation_workspace_id_id_fk" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "public"."conversation"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "csat_once" ON "csat" USING btree ("workspace_id","conversation_id","resolution");--> statement-breakpoint
CREATE INDEX "conversation_by_contact" ON "conversation" USING btree ("workspace_id","contact_id","last_message_at" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "conversation_one_successor" ON "conversation" USING btree ("workspace_id","previous_id") WHERE previous_id is not null;--> statement-breakpoint
CREATE INDEX "conversation_snoozed" ON "conversation" USING btree ("snoozed_until") WHERE status = 'snoozed';--> statement-breakpoint
CREATE INDEX "conversation_quiet" ON "conversation" USING btree ("workspace_id","channel_id","last_message_at") WHERE status = 'open' and waiting_since is null;--> statement-breakpoint
CREATE POLICY "csat_tenant" ON "csat" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
-- What drizzle-kit does not write: FORCE, so that even an owner is fenced, and the grants.
ALTER TABLE "csat" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "csat" TO axon_app;--> statement-breakpoint
-- The engine sees which conversations are due to wake, or quiet, never what is said in them.
GRANT SELECT (channel_id, status, snoozed_until, waiting_since, last_message_at) ON "conversation" TO axon_engine;--> statement-breakpoint
GRANT SELECT (auto_resolve_minutes) ON "channel" TO axon_engine;
