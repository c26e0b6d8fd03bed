/**
 * What a document is called and for whom it is. Its passages follow in the same commit, and nothing is read or embedded again.
 *
 * @module
 */
import type { Document, updateDocumentInput } from "@axon/contracts/knowledge";
import { chunk, document } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { emitProgress, holdDocument, toDocument } from "./view.ts";

/**
 * Changes what is given; refuses with `not_found`. Passages that bear the document's name bear the new one from the next search
 * on; they are found by its words once the document is read again.
 */
export async function updateDocument(ws: WorkspaceCtx, input: z.output<typeof updateDocumentInput>): Promise<Document> {
  const { documentId } = input;
  const before = await holdDocument(ws, documentId);
  const { name = before.name, audience = before.audience, locale = before.locale, labels = before.labels } = input;
  const [row] = await ws.tx
    .update(document)
    .set({ name, audience, locale, labels, updatedAt: sql`now()` })
    .where(eq(document.id, documentId))
    .returning();
  if (!row) throw new Error("a document vanished that was held");
  await ws.tx
    .update(chunk)
    .set({ audience, locale, labels, title: sql`case when ${chunk.title} = ${before.name} then ${name} else ${chunk.title} end` })
    .where(
      and(
        eq(chunk.documentId, documentId),
        sql`${chunk.retiredAt} is null`,
        sql`(${chunk.audience}, ${chunk.locale}, ${chunk.labels}) is distinct from (${audience}, ${locale}::text, ${sql.param(labels)}::text[])
          or (${name} <> ${before.name} and ${chunk.title} = ${before.name})`,
      ),
    );
  emitProgress(ws, row);
  const shown = (one: typeof before) => ({ name: one.name, audience: one.audience, locale: one.locale, labels: one.labels });
  ws.audit({ action: "document.updated", target: { kind: "document", id: documentId }, before: shown(before), after: shown(row) });
  return toDocument(row);
}
