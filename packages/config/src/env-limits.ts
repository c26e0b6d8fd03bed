/**
 * How much one address, one caller and one workspace may have: the limits that an operator can move.
 *
 * @module
 */
import type { RawEnv } from "./env-schema.ts";

export interface LimitsEnv {
  /** Of one network address (of one /64 in IPv6). Connections and sockets are counted by each server for itself. */
  address: { requestsPerMinute: number; connections: number; sockets: number };
  /** Of one account or API key, at each server. */
  caller: { sockets: number };
  /** Of one workspace, at all servers together. */
  workspace: { callsPerMinute: number; concurrentCalls: number; concurrentModelCalls: number; streams: number };
}

export function limitsEnv(raw: RawEnv): LimitsEnv {
  return {
    address: {
      requestsPerMinute: raw.ADDRESS_REQUESTS_PER_MINUTE,
      connections: raw.ADDRESS_CONNECTIONS,
      sockets: raw.ADDRESS_SOCKETS,
    },
    caller: { sockets: raw.CALLER_SOCKETS },
    workspace: {
      callsPerMinute: raw.WORKSPACE_CALLS_PER_MINUTE,
      concurrentCalls: raw.WORKSPACE_CONCURRENT_CALLS,
      concurrentModelCalls: raw.WORKSPACE_CONCURRENT_MODEL_CALLS,
      streams: raw.WORKSPACE_STREAMS,
    },
  };
}
