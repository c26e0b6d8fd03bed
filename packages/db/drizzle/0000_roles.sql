-- The roles Axon works under. They own nothing, cannot log in by themselves and cannot bypass row-level security;
-- the user of DATABASE_URL becomes a member and connects as one of them. Roles belong to the whole cluster, so a second
-- database must find them without falling over, and two that migrate at once must not collide.
CREATE EXTENSION IF NOT EXISTS vector;
--> statement-breakpoint
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['axon_app', 'axon_auth', 'axon_engine'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
    IF NOT pg_has_role(current_user, wanted, 'member') THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', wanted);
  END LOOP;
END
$$;
