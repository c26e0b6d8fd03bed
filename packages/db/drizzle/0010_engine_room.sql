CREATE TABLE "dead_letter" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" uuid,
	"queue" text NOT NULL,
	"job_id" text NOT NULL,
	"name" text NOT NULL,
	"payload" jsonb NOT NULL,
	"code" text NOT NULL,
	"error" text NOT NULL,
	"attempts" integer NOT NULL,
	"request_id" text,
	"failed_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"state" text DEFAULT 'dead' NOT NULL,
	"decided_at" timestamp(3) with time zone,
	"decided_by" text
);
--> statement-breakpoint
ALTER TABLE "dead_letter" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "schedule" (
	"name" text PRIMARY KEY NOT NULL,
	"tick" bigint NOT NULL,
	"done" boolean DEFAULT true NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp(3) with time zone,
	"ran_at" timestamp(3) with time zone
);
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "delivered_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letter_queue_job_id_index" ON "dead_letter" USING btree ("queue","job_id");--> statement-breakpoint
CREATE INDEX "dead_letter_workspace_id_state_id_index" ON "dead_letter" USING btree ("workspace_id","state","id");--> statement-breakpoint
CREATE INDEX "dead_letter_waiting" ON "dead_letter" USING btree ("state","failed_at") WHERE state in ('dead', 'parked');--> statement-breakpoint
CREATE INDEX "outbox_delivered" ON "outbox" USING btree ("key") WHERE delivered_at is not null;--> statement-breakpoint
CREATE POLICY "dead_letter_tenant" ON "dead_letter" AS PERMISSIVE FOR ALL TO "axon_app" USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "dead_letter_engine" ON "dead_letter" AS PERMISSIVE FOR ALL TO "axon_engine" USING (true) WITH CHECK (true);--> statement-breakpoint
-- What drizzle-kit does not write: FORCE and the grants. A dead letter is written by the engine and decided on by its workspace.
ALTER TABLE dead_letter FORCE ROW LEVEL SECURITY;--> statement-breakpoint
GRANT SELECT ON dead_letter TO axon_app;--> statement-breakpoint
GRANT UPDATE (state, decided_at, decided_by) ON dead_letter TO axon_app;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letter TO axon_engine;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON schedule TO axon_engine;--> statement-breakpoint
-- What was parked goes back through the outbox when a version comes that knows it.
GRANT INSERT ON outbox TO axon_engine;
