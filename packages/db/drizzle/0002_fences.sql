-- What drizzle-kit does not write: FORCE (so that even the owner of a table is fenced) and the grants.
DO $$
DECLARE
  fenced record;
BEGIN
  FOR fenced IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', fenced.name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO axon_app', fenced.name);
  END LOOP;
END
$$;
--> statement-breakpoint
-- The log and the versions are append-only for those who write them.
REVOKE UPDATE, DELETE ON event, agent_version, reply_trace FROM axon_app;
--> statement-breakpoint
REVOKE SELECT, UPDATE, DELETE ON outbox FROM axon_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON account, session, refresh_token TO axon_auth;
--> statement-breakpoint
GRANT SELECT, INSERT ON workspace, membership TO axon_auth;
--> statement-breakpoint
GRANT SELECT ON api_key TO axon_auth;
--> statement-breakpoint
GRANT UPDATE (last_used_at) ON api_key TO axon_auth;
--> statement-breakpoint
-- The engine sees that work waits and where, never what it says.
GRANT SELECT, UPDATE, DELETE ON outbox TO axon_engine;
--> statement-breakpoint
GRANT SELECT ON workspace_cursor TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, state, due_at, lease_until, attempts) ON turn TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, status, lease_until, updated_at, attempts) ON document TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, event_seq) ON conversation TO axon_engine;
--> statement-breakpoint
-- Every search reads both columns of every chunk: kept in the row, they need no second look-up each.
ALTER TABLE chunk ALTER COLUMN embedding SET STORAGE PLAIN;
--> statement-breakpoint
ALTER TABLE chunk ALTER COLUMN lexemes SET STORAGE MAIN;
