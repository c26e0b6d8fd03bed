/**
 * Everything callers may ask. Dashboards and command lines import its type, never its code.
 *
 * @module
 */
import { agentsRouter } from "./routers/agents.ts";
import { analyticsRouter } from "./routers/analytics.ts";
import { authRouter } from "./routers/auth.ts";
import { channelsRouter } from "./routers/channels.ts";
import { conversationsRouter } from "./routers/conversations.ts";
import { jobsRouter } from "./routers/jobs.ts";
import { knowledgeRouter } from "./routers/knowledge.ts";
import { widgetRouter } from "./routers/widget.ts";
import { workspacesRouter } from "./routers/workspaces.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  auth: authRouter,
  workspaces: workspacesRouter,
  agents: agentsRouter,
  knowledge: knowledgeRouter,
  channels: channelsRouter,
  conversations: conversationsRouter,
  widget: widgetRouter,
  analytics: analyticsRouter,
  jobs: jobsRouter,
});
export type AppRouter = typeof appRouter;
