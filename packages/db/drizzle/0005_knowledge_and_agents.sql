CREATE TABLE "evaluation" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"version" integer,
	"settings" jsonb NOT NULL,
	"settings_hash" text NOT NULL,
	"questions_hash" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"total" integer NOT NULL,
	"passed" integer DEFAULT 0 NOT NULL,
	"error_message" text,
	"lease_token" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp(3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_by" uuid,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp(3) with time zone,
	CONSTRAINT "evaluation_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "evaluation" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "evaluation_result" (
	"workspace_id" uuid NOT NULL,
	"evaluation_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"question_id" uuid NOT NULL,
	"question" text NOT NULL,
	"passed" boolean NOT NULL,
	"failures" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"action" text NOT NULL,
	"answer" text NOT NULL,
	"confidence" double precision NOT NULL,
	"reason" text,
	"took_ms" integer NOT NULL,
	CONSTRAINT "evaluation_result_workspace_id_evaluation_id_position_pk" PRIMARY KEY("workspace_id","evaluation_id","position")
);
--> statement-breakpoint
ALTER TABLE "evaluation_result" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "golden_question" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"question" text NOT NULL,
	"history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"expect" text NOT NULL,
	"facts" text[] DEFAULT '{}'::text[] NOT NULL,
	"forbidden" text[] DEFAULT '{}'::text[] NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "golden_question_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "golden_question" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "question_gap" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"gap_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"turn_id" uuid,
	"question" text NOT NULL,
	"reason" text NOT NULL,
	"confidence" double precision NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"lacking" text[] DEFAULT '{}'::text[] NOT NULL,
	"answered_by" uuid,
	"embedding" halfvec(1536),
	"embedder" text,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "question_gap_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "question_gap" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "reply_outcome" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"turn_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"source" text NOT NULL,
	"outcome" text NOT NULL,
	"confidence" double precision NOT NULL,
	"confidence_model" text NOT NULL,
	"comment" text,
	"by_id" uuid,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "reply_outcome_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "reply_outcome" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "approved_answer" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"questions" text[] NOT NULL,
	"answer" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"hits" integer DEFAULT 0 NOT NULL,
	"last_hit_at" timestamp(3) with time zone,
	"from_message_id" uuid,
	"created_by" uuid,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approved_answer_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "approved_answer" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "approved_answer_hit" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"answer_id" uuid NOT NULL,
	"turn_id" uuid,
	"question" text NOT NULL,
	"score" double precision NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approved_answer_hit_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "approved_answer_hit" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "approved_question" (
	"workspace_id" uuid NOT NULL,
	"answer_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"question" text NOT NULL,
	"lexemes" "tsvector" NOT NULL,
	"embedding" halfvec(1536),
	"embedder" text,
	CONSTRAINT "approved_question_workspace_id_answer_id_position_pk" PRIMARY KEY("workspace_id","answer_id","position")
);
--> statement-breakpoint
ALTER TABLE "approved_question" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "chunk_next_vector" (
	"workspace_id" uuid NOT NULL,
	"chunk_id" uuid NOT NULL,
	"embedder" text NOT NULL,
	"embedding" halfvec(1536) NOT NULL,
	CONSTRAINT "chunk_next_vector_workspace_id_chunk_id_pk" PRIMARY KEY("workspace_id","chunk_id")
);
--> statement-breakpoint
ALTER TABLE "chunk_next_vector" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "knowledge_index" (
	"workspace_id" uuid PRIMARY KEY NOT NULL,
	"embedder" text,
	"next_embedder" text,
	"done" integer DEFAULT 0 NOT NULL,
	"total" integer DEFAULT 0 NOT NULL,
	"lease_token" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp(3) with time zone,
	"text_share" double precision,
	"big" boolean DEFAULT false NOT NULL,
	"chunks" integer DEFAULT 0 NOT NULL,
	"mean_length" double precision,
	"counted_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "knowledge_index" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lexeme_frequency" (
	"workspace_id" uuid NOT NULL,
	"lexeme" text NOT NULL,
	"chunks" integer NOT NULL,
	CONSTRAINT "lexeme_frequency_workspace_id_lexeme_pk" PRIMARY KEY("workspace_id","lexeme")
);
--> statement-breakpoint
ALTER TABLE "lexeme_frequency" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "source_page" (
	"workspace_id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"url" text NOT NULL,
	"sync" integer NOT NULL,
	"depth" integer DEFAULT 0 NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"reason" text,
	"misses" integer DEFAULT 0 NOT NULL,
	"document_id" uuid,
	"etag" text,
	"last_modified" text,
	"content_hash" text,
	"checked_at" timestamp(3) with time zone,
	CONSTRAINT "source_page_workspace_id_source_id_url_pk" PRIMARY KEY("workspace_id","source_id","url")
);
--> statement-breakpoint
ALTER TABLE "source_page" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "agent" ADD COLUMN "status" text;--> statement-breakpoint
ALTER TABLE "agent" ADD COLUMN "draft" jsonb;--> statement-breakpoint
ALTER TABLE "agent" ADD COLUMN "draft_updated_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "agent_version" ADD COLUMN "note" text;--> statement-breakpoint
ALTER TABLE "agent_version" ADD COLUMN "restored_from" integer;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "ai_paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "occurrence" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "audience" text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "locale" text;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "labels" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "indexed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "published_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "chunk" ADD COLUMN "retired_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "uri" text;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "content_hash" text;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "audience" text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "locale" text;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "labels" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "dispatched_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "failed_step" text;--> statement-breakpoint
ALTER TABLE "document" ADD COLUMN "pending_upload" jsonb;--> statement-breakpoint
ALTER TABLE "document_content" ADD COLUMN "kept" jsonb;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "audience" text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "locale" text;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "labels" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_state" text DEFAULT 'idle' NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_due_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_lease_token" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_lease_until" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "sync_report" jsonb;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "last_synced_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "knowledge_source" ADD COLUMN "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "plan_limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_workspace_id_agent_id_agent_workspace_id_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."agent"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_result" ADD CONSTRAINT "evaluation_result_workspace_id_evaluation_id_evaluation_workspace_id_id_fk" FOREIGN KEY ("workspace_id","evaluation_id") REFERENCES "public"."evaluation"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_question" ADD CONSTRAINT "golden_question_workspace_id_agent_id_agent_workspace_id_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."agent"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "question_gap" ADD CONSTRAINT "question_gap_workspace_id_agent_id_agent_workspace_id_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."agent"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "question_gap" ADD CONSTRAINT "question_gap_workspace_id_turn_id_turn_workspace_id_id_fk" FOREIGN KEY ("workspace_id","turn_id") REFERENCES "public"."turn"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reply_outcome" ADD CONSTRAINT "reply_outcome_workspace_id_turn_id_turn_workspace_id_id_fk" FOREIGN KEY ("workspace_id","turn_id") REFERENCES "public"."turn"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reply_outcome" ADD CONSTRAINT "reply_outcome_workspace_id_agent_id_agent_workspace_id_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."agent"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approved_answer" ADD CONSTRAINT "approved_answer_workspace_id_document_id_document_workspace_id_id_fk" FOREIGN KEY ("workspace_id","document_id") REFERENCES "public"."document"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approved_answer" ADD CONSTRAINT "approved_answer_workspace_id_source_id_knowledge_source_workspace_id_id_fk" FOREIGN KEY ("workspace_id","source_id") REFERENCES "public"."knowledge_source"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approved_answer_hit" ADD CONSTRAINT "approved_answer_hit_workspace_id_answer_id_approved_answer_workspace_id_id_fk" FOREIGN KEY ("workspace_id","answer_id") REFERENCES "public"."approved_answer"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approved_question" ADD CONSTRAINT "approved_question_workspace_id_answer_id_approved_answer_workspace_id_id_fk" FOREIGN KEY ("workspace_id","answer_id") REFERENCES "public"."approved_answer"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunk_next_vector" ADD CONSTRAINT "chunk_next_vector_workspace_id_chunk_id_chunk_workspace_id_id_fk" FOREIGN KEY ("workspace_id","chunk_id") REFERENCES "public"."chunk"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knowledge_index" ADD CONSTRAINT "knowledge_index_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lexeme_frequency" ADD CONSTRAINT "lexeme_frequency_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "source_page" ADD CONSTRAINT "source_page_workspace_id_source_id_knowledge_source_workspace_id_id_fk" FOREIGN KEY ("workspace_id","source_id") REFERENCES "public"."knowledge_source"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "evaluation_workspace_id_agent_id_id_index" ON "evaluation" USING btree ("workspace_id","agent_id","id");--> statement-breakpoint
CREATE INDEX "evaluation_in_work" ON "evaluation" USING btree ("updated_at") WHERE state in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "golden_question_workspace_id_agent_id_id_index" ON "golden_question" USING btree ("workspace_id","agent_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "question_gap_once" ON "question_gap" USING btree ("workspace_id","turn_id") WHERE turn_id is not null;--> statement-breakpoint
CREATE INDEX "question_gap_workspace_id_state_gap_id_id_index" ON "question_gap" USING btree ("workspace_id","state","gap_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "reply_outcome_one" ON "reply_outcome" USING btree ("workspace_id","turn_id","source");--> statement-breakpoint
CREATE INDEX "reply_outcome_workspace_id_agent_id_created_at_index" ON "reply_outcome" USING btree ("workspace_id","agent_id","created_at");--> statement-breakpoint
CREATE INDEX "approved_answer_workspace_id_source_id_id_index" ON "approved_answer" USING btree ("workspace_id","source_id","id");--> statement-breakpoint
CREATE INDEX "approved_answer_hit_workspace_id_answer_id_id_index" ON "approved_answer_hit" USING btree ("workspace_id","answer_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "approved_answer_hit_once" ON "approved_answer_hit" USING btree ("workspace_id","turn_id") WHERE turn_id is not null;--> statement-breakpoint
CREATE INDEX "chunk_searched" ON "chunk" USING btree ("workspace_id","source_id") WHERE searchable;--> statement-breakpoint
CREATE INDEX "chunk_not_indexed" ON "chunk" USING btree ("workspace_id") WHERE searchable and not indexed;--> statement-breakpoint
CREATE INDEX "chunk_near" ON "chunk" USING hnsw ("embedding" halfvec_cosine_ops) WITH (m=28,ef_construction=200) WHERE indexed and searchable;--> statement-breakpoint
CREATE INDEX "chunk_by_word" ON "chunk" USING gin ("lexemes") WHERE indexed and searchable;--> statement-breakpoint
-- contract: no statement of any version reads it; under row-level security none could.
DROP INDEX "chunk_lexemes_index";--> statement-breakpoint
-- contract: no statement of any version names it in ON CONFLICT; chunks that stay keep their version and get other places.
DROP INDEX "chunk_workspace_id_document_id_version_ordinal_index";--> statement-breakpoint
CREATE INDEX "chunk_workspace_id_document_id_ordinal_index" ON "chunk" USING btree ("workspace_id","document_id","ordinal");--> statement-breakpoint
CREATE INDEX "chunk_retired" ON "chunk" USING btree ("retired_at") WHERE retired_at is not null;--> statement-breakpoint
CREATE INDEX "document_dispatched" ON "document" USING btree ("workspace_id") WHERE dispatched_at is not null and status in ('queued', 'parsing', 'chunking', 'embedding');--> statement-breakpoint
CREATE UNIQUE INDEX "document_uri" ON "document" USING btree ("workspace_id","source_id","uri") WHERE uri is not null;--> statement-breakpoint
CREATE INDEX "document_waiting" ON "document" USING btree ("workspace_id","id") WHERE status in ('queued', 'parsing', 'chunking', 'embedding');--> statement-breakpoint
CREATE INDEX "knowledge_source_due" ON "knowledge_source" USING btree ("sync_due_at") WHERE sync_due_at is not null;--> statement-breakpoint
CREATE POLICY "knowledge_source_engine" ON "knowledge_source" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (sync_due_at is not null);--> statement-breakpoint
CREATE POLICY "evaluation_tenant" ON "evaluation" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "evaluation_engine" ON "evaluation" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (state in ('queued', 'running'));--> statement-breakpoint
CREATE POLICY "evaluation_result_tenant" ON "evaluation_result" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "golden_question_tenant" ON "golden_question" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "question_gap_tenant" ON "question_gap" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "reply_outcome_tenant" ON "reply_outcome" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "approved_answer_tenant" ON "approved_answer" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "approved_answer_hit_tenant" ON "approved_answer_hit" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "approved_question_tenant" ON "approved_question" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "chunk_engine" ON "chunk" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (retired_at is not null);--> statement-breakpoint
CREATE POLICY "chunk_next_vector_tenant" ON "chunk_next_vector" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "knowledge_index_tenant" ON "knowledge_index" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "knowledge_index_engine" ON "knowledge_index" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "lexeme_frequency_tenant" ON "lexeme_frequency" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "source_page_tenant" ON "source_page" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);