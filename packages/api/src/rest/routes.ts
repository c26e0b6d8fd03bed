/**
 * Every procedure's place in the REST API: one table over all routers. A procedure without a route does not compile.
 *
 * @module
 */
import type { CallPath, RestRoute } from "./route.ts";
import { agentRoutes } from "./routes-agents.ts";
import { analyticsRoutes } from "./routes-analytics.ts";
import { authRoutes } from "./routes-auth.ts";
import { channelRoutes } from "./routes-channels.ts";
import { conversationRoutes } from "./routes-conversations.ts";
import { jobRoutes } from "./routes-jobs.ts";
import { knowledgeRoutes } from "./routes-knowledge.ts";
import { widgetRoutes } from "./routes-widget.ts";
import { workspaceRoutes } from "./routes-workspaces.ts";

export const routes: Readonly<Record<CallPath, RestRoute>> = {
  ...authRoutes,
  ...workspaceRoutes,
  ...agentRoutes,
  ...knowledgeRoutes,
  ...channelRoutes,
  ...conversationRoutes,
  ...widgetRoutes,
  ...analyticsRoutes,
  ...jobRoutes,
};
