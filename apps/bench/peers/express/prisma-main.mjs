/** Express and Prisma: membership by its models, the list in a transaction that row-level security holds. */
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "@prisma/client";
import { limit, serve, url, withoutNulls } from "./serve.mjs";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }) });

async function find({ sub, sid }, workspaceId) {
  const session = await prisma.session.findFirst({ where: { id: sid, accountId: sub, revokedAt: null, expiresAt: { gt: new Date() } } });
  if (session === null) return null;
  const membership = await prisma.membership.findFirst({ where: { workspaceId, accountId: sub, workspace: { deletedAt: null } } });
  if (membership === null) return null;
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`select set_config('role', 'axon_app', true), set_config('app.workspace_id', ${workspaceId}, true)`;
    return tx.conversation.findMany({
      where: { workspaceId },
      include: { channel: { select: { id: true, kind: true } }, contact: true },
      orderBy: [{ lastMessageAt: "desc" }, { id: "desc" }],
      take: limit + 1,
    });
  });
}

function toItem({ workspaceId: _workspace, channelId: _channel, contactId: _contact, ...row }) {
  const { channel, contact, assigneeId, assigneeName, handoffReason, handoffAt, eventSeq, ...rest } = row;
  const { workspaceId: _its, verifiedAt, page, ...known } = contact;
  return {
    ...withoutNulls(rest),
    channel,
    contact: { ...known, ...(verifiedAt === null ? {} : { verified: true }), ...(page === null ? {} : { page }) },
    ...(assigneeId === null ? {} : { assignee: { id: assigneeId, name: assigneeName ?? "" } }),
    ...(handoffReason === null ? {} : { handoff: { reason: handoffReason, at: handoffAt } }),
    lastEventId: String(eventSeq),
  };
}

serve(find, toItem);
