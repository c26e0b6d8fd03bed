CREATE POLICY "event_engine" ON "event" AS PERMISSIVE FOR SELECT TO "axon_engine" USING (true);
--> statement-breakpoint
CREATE POLICY "event_prune" ON "event" AS PERMISSIVE FOR DELETE TO "axon_engine" USING (at < now() - interval '1 day');
--> statement-breakpoint
-- The log is still nobody's to change. What is older than the replay window goes; what is younger than a day can't, whoever asks.
GRANT SELECT (workspace_id, workspace_seq, at), DELETE ON event TO axon_engine;
