/**
 * Seals everything anew with the first of ENCRYPTION_KEYS, so that the others can be taken away. Servers may run beside it.
 * Ends with 1 when something could not be opened.
 */
import { BadEnvironment, parseEnv } from "@axon/config/env";
import { withEnvFile } from "@axon/config/env-file";
import { createSealer } from "@axon/core/sealing";
import { rotateSecrets } from "@axon/core/workspaces";
import { assertFenced, connect } from "@axon/db/connect";
import { tellRotation } from "./rotate-secrets.ts";

/** One after the other: it is in nobody's way. */
const poolMax = 2;

async function main(): Promise<number> {
  const env = parseEnv(withEnvFile(process.env, ".env"), "production");
  const sealer = createSealer(env.encryptionKeys);
  const database = connect({ url: env.database.url }, { poolMax });
  try {
    await assertFenced(database);
    const rotation = await rotateSecrets({ database, sealer });
    for (const line of tellRotation(rotation, sealer.currentKeyId)) console.log(line);
    return rotation.unopened.count > 0 ? 1 : 0;
  } finally {
    await database.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof BadEnvironment ? error.message : error);
    process.exit(1);
  },
);
