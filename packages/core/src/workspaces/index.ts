/** Workspaces and the keys that act for them. */
export { createApiKey, listApiKeys, revokeApiKey } from "./api-keys.ts";
export { createWorkspace } from "./create-workspace.ts";
export { getWorkspace } from "./get-workspace.ts";
export { listWorkspaces } from "./list-workspaces.ts";
