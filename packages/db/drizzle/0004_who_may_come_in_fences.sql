-- What drizzle-kit does not write for the tables of 0003: FORCE, so that even an owner is fenced, and the grants.
DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['invitation', 'audit_entry', 'sealed_secret'] LOOP
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
  END LOOP;
END
$$;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON invitation, sealed_secret TO axon_app;
--> statement-breakpoint
-- The audit log is append-only: it goes with its workspace, and in no other way.
GRANT SELECT, INSERT ON audit_entry TO axon_app;
--> statement-breakpoint
GRANT INSERT ON audit_entry TO axon_auth;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code, mail, email_token, purge TO axon_auth;
--> statement-breakpoint
-- Whoever holds an invitation's token may take it, and change nothing else about it.
GRANT SELECT ON invitation TO axon_auth;
--> statement-breakpoint
GRANT UPDATE (accepted_at, accepted_by) ON invitation TO axon_auth;
--> statement-breakpoint
GRANT SELECT ON channel TO axon_auth;
--> statement-breakpoint
-- An owner ends a workspace and restores it, and changes nothing else of it in this role.
GRANT UPDATE (deleted_at) ON workspace TO axon_auth;
--> statement-breakpoint
GRANT INSERT ON outbox TO axon_auth;
--> statement-breakpoint
-- The engine looks after open sockets, rotations and retention: who may come in and what is due, never what is said.
GRANT SELECT (id, account_id, expires_at, revoked_at) ON session TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, account_id, role) ON membership TO axon_engine;
--> statement-breakpoint
-- Whoever changes their name is called so in every workspace.
GRANT UPDATE (name) ON membership TO axon_auth;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, role, scopes, expires_at, revoked_at) ON api_key TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, deleted_at, identity_version) ON channel TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, verified_at) ON contact TO axon_engine;
--> statement-breakpoint
GRANT SELECT (id, created_at, deleted_at, retain_conversations_days, retain_documents_days, legal_hold) ON workspace TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, name, key_id) ON sealed_secret TO axon_engine;
--> statement-breakpoint
GRANT SELECT (id, created_at, done_at) ON mail TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, due_at, done_at) ON purge TO axon_engine;
--> statement-breakpoint
-- Those who are in already. Where the owner of the tables is fenced as well, this finds nobody, and they are listed by name only.
UPDATE membership SET email = account.email FROM account WHERE account.id = membership.account_id AND membership.email IS NULL;
--> statement-breakpoint
-- A server says that it is ready only when its migrations are there. Whoever applies these files by hand keeps no such table.
DO $$
BEGIN
  IF to_regclass('drizzle.__drizzle_migrations') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA drizzle TO axon_app;
    GRANT SELECT ON drizzle.__drizzle_migrations TO axon_app;
  END IF;
END
$$;
