-- What drizzle-kit does not write for the tables of 0005: FORCE, so that even an owner is fenced, and the grants.
DO $$
DECLARE
  fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['source_page', 'chunk_next_vector', 'knowledge_index', 'lexeme_frequency', 'approved_answer', 'approved_question', 'approved_answer_hit',
    'golden_question', 'evaluation', 'evaluation_result', 'reply_outcome', 'question_gap'] LOOP
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO axon_app', fenced);
  END LOOP;
END
$$;
--> statement-breakpoint
-- The engine sees what is due and who holds it, never what it says.
GRANT SELECT (workspace_id, id, sync_state, sync_due_at, sync_lease_until, sync_failures) ON knowledge_source TO axon_engine;
--> statement-breakpoint
GRANT SELECT (dispatched_at) ON document TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, retired_at) ON chunk TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, state, lease_until, updated_at, attempts) ON evaluation TO axon_engine;
--> statement-breakpoint
GRANT SELECT (workspace_id, embedder, next_embedder, big, chunks, counted_at, lease_until, updated_at) ON knowledge_index TO axon_engine;
--> statement-breakpoint
-- A search reads the vectors of every chunk: kept in the row, they need no second look-up each.
ALTER TABLE chunk_next_vector ALTER COLUMN embedding SET STORAGE PLAIN;

--> statement-breakpoint
-- The words of big workspaces' chunks. Under row-level security `@@` cannot use an index, because it might tell of rows that the
-- fence hides; so a role that nobody works as reads the words, and nothing but words, through a view that has the fence in it.
-- `is true` keeps the fence out of the choice of an index: the one over the words is the only good one.
DO $$
BEGIN
  BEGIN
    CREATE ROLE axon_search NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
  END;
  IF NOT pg_has_role(current_user, 'axon_search', 'member') THEN
    EXECUTE format('GRANT axon_search TO %I', current_user);
  END IF;
END
$$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO axon_search;
--> statement-breakpoint
GRANT SELECT (workspace_id, id, source_id, searchable, indexed, lexemes, length, audience, locale, labels) ON chunk TO axon_search;
--> statement-breakpoint
CREATE POLICY chunk_words ON chunk FOR SELECT TO axon_search USING (true);
--> statement-breakpoint
CREATE VIEW chunk_words AS
  SELECT workspace_id, id, source_id, lexemes, length, audience, locale, labels FROM chunk
  WHERE indexed AND searchable AND (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid) IS TRUE;
--> statement-breakpoint
-- Whoever is to own a view must be able to make one, for that moment.
GRANT CREATE ON SCHEMA public TO axon_search;
--> statement-breakpoint
ALTER VIEW chunk_words OWNER TO axon_search;
--> statement-breakpoint
-- contract: nobody works as this role, and it was given the right two statements ago.
REVOKE CREATE ON SCHEMA public FROM axon_search;
--> statement-breakpoint
GRANT SELECT ON chunk_words TO axon_app;
