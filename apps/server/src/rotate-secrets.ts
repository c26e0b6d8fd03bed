/**
 * What a change of encryption keys did, in words. No value is among them.
 *
 * @module
 */
import type { Rotation } from "@axon/core/workspaces";

/** One line for what was sealed anew, and one for each thing that no key opens. */
export function tellRotation({ resealed, unopened }: Rotation, currentKeyId: string): string[] {
  const lines = [`sealed anew with the key ${currentKeyId}: ${resealed.secrets} secrets, ${resealed.authenticators} authenticators`];
  for (const { owner, ownerId, name, keyId } of unopened.named)
    lines.push(`not opened: ${owner} ${ownerId}, ${name}, sealed with the key ${keyId}`);
  const unnamed = unopened.count - unopened.named.length;
  if (unnamed > 0) lines.push(`not opened: ${unnamed} more`);
  if (unopened.count > 0)
    lines.push("Add the keys they are sealed with to ENCRYPTION_KEYS and run this again; take no key away before that.");
  return lines;
}
