CREATE TABLE "conversation_tag" (
	"workspace_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"tag" text NOT NULL,
	"last_message_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "conversation_tag_workspace_id_conversation_id_tag_pk" PRIMARY KEY("workspace_id","conversation_id","tag")
);
--> statement-breakpoint
ALTER TABLE "conversation_tag" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "message_words" (
	"workspace_id" uuid NOT NULL,
	"message_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"words" "tsvector" NOT NULL,
	CONSTRAINT "message_words_workspace_id_message_id_pk" PRIMARY KEY("workspace_id","message_id")
);
--> statement-breakpoint
ALTER TABLE "message_words" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "tags" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "conversation" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "words_behind" uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff';--> statement-breakpoint
-- Whatever was said before now is still to be made findable; a workspace that comes later has nothing behind it.
ALTER TABLE "workspace" ALTER COLUMN "words_behind" SET DEFAULT NULL;--> statement-breakpoint
ALTER TABLE "conversation_tag" ADD CONSTRAINT "conversation_tag_workspace_id_conversation_id_conversation_workspace_id_id_fk" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "public"."conversation"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_words" ADD CONSTRAINT "message_words_workspace_id_message_id_message_workspace_id_id_fk" FOREIGN KEY ("workspace_id","message_id") REFERENCES "public"."message"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversation_tag_by_recency" ON "conversation_tag" USING btree ("workspace_id","tag","last_message_at" DESC NULLS LAST,"conversation_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "message_words_by_time" ON "message_words" USING btree ("workspace_id","created_at" DESC NULLS LAST,"message_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "message_words_by_conversation" ON "message_words" USING btree ("workspace_id","conversation_id");--> statement-breakpoint
CREATE INDEX "message_words_index" ON "message_words" USING gin ("words") WITH (fastupdate=false);--> statement-breakpoint
CREATE UNIQUE INDEX "conversation_imported" ON "conversation" USING btree ("workspace_id","external_id");--> statement-breakpoint
CREATE INDEX "conversation_by_status" ON "conversation" USING btree ("workspace_id","status","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "conversation_by_handler" ON "conversation" USING btree ("workspace_id","handler","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "conversation_by_channel" ON "conversation" USING btree ("workspace_id","channel_id","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "conversation_by_agent" ON "conversation" USING btree ("workspace_id","agent_id","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "conversation_by_priority" ON "conversation" USING btree ("workspace_id","priority","status","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "conversation_by_assignee" ON "conversation" USING btree ("workspace_id","assignee_id","status","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE assignee_id is not null;--> statement-breakpoint
CREATE INDEX "conversation_unassigned" ON "conversation" USING btree ("workspace_id","status","last_message_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE assignee_id is null;--> statement-breakpoint
CREATE INDEX "workspace_words_behind" ON "workspace" USING btree ("id") WHERE words_behind is not null;--> statement-breakpoint
CREATE POLICY "conversation_tag_tenant" ON "conversation_tag" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "message_words_tenant" ON "message_words" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
-- What drizzle-kit does not write: FORCE, and the grants.
DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['conversation_tag', 'message_words'] LOOP
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO axon_app', fenced);
  END LOOP;
END
$$;
--> statement-breakpoint
-- The engine sees in which workspaces words are still to be kept, and none of them.
GRANT SELECT (words_behind) ON workspace TO axon_engine;
--> statement-breakpoint
-- The words of messages, for those who search them: as with `chunk_words` (0006), a role that nobody works as reads words and ids
-- through a view that has the fence in it, so that `@@` may use the index.
GRANT SELECT ON message_words TO axon_search;
--> statement-breakpoint
CREATE POLICY message_words_searched ON message_words FOR SELECT TO axon_search USING (true);
--> statement-breakpoint
CREATE VIEW message_search AS
  SELECT workspace_id, message_id, conversation_id, created_at, words FROM message_words
  WHERE (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) IS TRUE;
--> statement-breakpoint
-- Whoever is to own a view must be able to make one, for that moment.
GRANT CREATE ON SCHEMA public TO axon_search;
--> statement-breakpoint
ALTER VIEW message_search OWNER TO axon_search;
--> statement-breakpoint
-- contract: nobody works as this role, and it was given the right two statements ago.
REVOKE CREATE ON SCHEMA public FROM axon_search;
--> statement-breakpoint
GRANT SELECT ON message_search TO axon_app;
