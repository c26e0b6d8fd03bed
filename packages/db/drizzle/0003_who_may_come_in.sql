CREATE TABLE "email_token" (
	"hash" text PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "mail" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"done_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "purge" (
	"workspace_id" uuid PRIMARY KEY NOT NULL,
	"workspace_name" text NOT NULL,
	"ordered_by" uuid NOT NULL,
	"ordered_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp(3) with time zone NOT NULL,
	"done_at" timestamp(3) with time zone,
	"report" jsonb
);
--> statement-breakpoint
CREATE TABLE "recovery_code" (
	"account_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp(3) with time zone,
	CONSTRAINT "recovery_code_account_id_hash_pk" PRIMARY KEY("account_id","hash")
);
--> statement-breakpoint
CREATE TABLE "audit_entry" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"actor_name" text NOT NULL,
	"action" text NOT NULL,
	"target_kind" text,
	"target_id" text,
	"before" jsonb,
	"after" jsonb,
	"ip" text,
	"request_id" text,
	CONSTRAINT "audit_entry_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "audit_entry" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "invitation" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"invited_by" uuid,
	"invited_by_name" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"accepted_at" timestamp(3) with time zone,
	"accepted_by" uuid,
	"revoked_at" timestamp(3) with time zone,
	CONSTRAINT "invitation_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "invitation_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "invitation" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sealed_secret" (
	"workspace_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sealed" text NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sealed_secret_workspace_id_name_pk" PRIMARY KEY("workspace_id","name")
);
--> statement-breakpoint
ALTER TABLE "sealed_secret" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
-- contract: no version reads this column; the relay takes the id, key, name, payload and times of a row.
ALTER TABLE "outbox" ALTER COLUMN "workspace_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "email_verified_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "totp_secret" text;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "totp_since" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "account" ADD COLUMN "totp_last_step" bigint;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "name" text DEFAULT 'API' NOT NULL;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "agent_id" uuid;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "public_key" text;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "deleted_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "channel" ADD COLUMN "identity_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "verified_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "contact" ADD COLUMN "page" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "api_key" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "membership" ADD COLUMN "email" text;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "deleted_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "retain_conversations_days" integer;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "retain_documents_days" integer;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "legal_hold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "email_token" ADD CONSTRAINT "email_token_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "purge" ADD CONSTRAINT "purge_ordered_by_account_id_fk" FOREIGN KEY ("ordered_by") REFERENCES "public"."account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_entry" ADD CONSTRAINT "audit_entry_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sealed_secret" ADD CONSTRAINT "sealed_secret_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "email_token_account_id_index" ON "email_token" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "mail_created_at_index" ON "mail" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "purge_ordered_by_index" ON "purge" USING btree ("ordered_by");--> statement-breakpoint
CREATE INDEX "document_uploading" ON "document" USING btree ("updated_at") WHERE status = 'uploading';--> statement-breakpoint
CREATE UNIQUE INDEX "invitation_one_open" ON "invitation" USING btree ("workspace_id","email") WHERE accepted_at is null and revoked_at is null;--> statement-breakpoint
CREATE INDEX "sealed_secret_key_id_index" ON "sealed_secret" USING btree ("key_id");--> statement-breakpoint
ALTER TABLE "channel" ADD CONSTRAINT "channel_workspace_id_agent_id_agent_workspace_id_id_fk" FOREIGN KEY ("workspace_id","agent_id") REFERENCES "public"."agent"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
-- contract: every version raises the conversation's own counter in the transaction that writes its event, and fails when it is not there.
ALTER TABLE "event" ADD CONSTRAINT "event_workspace_id_conversation_id_conversation_workspace_id_id_fk" FOREIGN KEY ("workspace_id","conversation_id") REFERENCES "public"."conversation"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel" ADD CONSTRAINT "channel_publicKey_unique" UNIQUE("public_key");--> statement-breakpoint
CREATE POLICY "channel_of_visitor" ON "channel" AS PERMISSIVE FOR SELECT TO "axon_auth" USING (public_key = nullif(current_setting('app.public_key', true), ''));--> statement-breakpoint
CREATE POLICY "channel_engine" ON "channel" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "contact_engine" ON "contact" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "outbox_of_account" ON "outbox" AS PERMISSIVE FOR INSERT TO "axon_auth" WITH CHECK (workspace_id is null);--> statement-breakpoint
CREATE POLICY "document_engine_uploads" ON "document" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (status = 'uploading');--> statement-breakpoint
CREATE POLICY "workspace_ended" ON "workspace" AS PERMISSIVE FOR UPDATE TO "axon_auth" USING (id in (select workspace_id from membership where role = 'owner')) WITH CHECK (id in (select workspace_id from membership where role = 'owner'));--> statement-breakpoint
CREATE POLICY "api_key_engine" ON "api_key" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "membership_renamed" ON "membership" AS PERMISSIVE FOR UPDATE TO "axon_auth" USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid) WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "membership_engine" ON "membership" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "workspace_of_api_key" ON "workspace" AS PERMISSIVE FOR SELECT TO "axon_auth" USING (id in (select workspace_id from api_key));--> statement-breakpoint
CREATE POLICY "workspace_of_invitation" ON "workspace" AS PERMISSIVE FOR SELECT TO "axon_auth" USING (id in (select workspace_id from invitation));--> statement-breakpoint
CREATE POLICY "workspace_engine" ON "workspace" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);--> statement-breakpoint
CREATE POLICY "audit_entry_tenant" ON "audit_entry" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "audit_entry_of_account" ON "audit_entry" AS PERMISSIVE FOR INSERT TO "axon_auth" WITH CHECK (workspace_id in (select workspace_id from membership));--> statement-breakpoint
CREATE POLICY "audit_entry_of_invitation" ON "audit_entry" AS PERMISSIVE FOR INSERT TO "axon_auth" WITH CHECK (workspace_id in (select workspace_id from invitation));--> statement-breakpoint
CREATE POLICY "invitation_tenant" ON "invitation" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "invitation_of_holder" ON "invitation" AS PERMISSIVE FOR SELECT TO "axon_auth" USING (token_hash = nullif(current_setting('app.invitation_hash', true), ''));--> statement-breakpoint
CREATE POLICY "invitation_taken_by_holder" ON "invitation" AS PERMISSIVE FOR UPDATE TO "axon_auth" USING (token_hash = nullif(current_setting('app.invitation_hash', true), '')) WITH CHECK (token_hash = nullif(current_setting('app.invitation_hash', true), ''));--> statement-breakpoint
CREATE POLICY "sealed_secret_tenant" ON "sealed_secret" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "sealed_secret_engine" ON "sealed_secret" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);