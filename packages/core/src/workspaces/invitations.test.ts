import type { Role } from "@axon/contracts/permissions";
import { invitationsPerDayMax } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { invitation, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authenticate, type Mailer } from "../auth/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  acceptInvitation,
  createApiKey,
  inviteMember,
  leaveWorkspace,
  listAudit,
  listInvitations,
  listMembers,
  mailInvitation,
  removeMember,
  revokeInvitation,
} from "./index.ts";
import { openPeople, type People, type Person, refusalOf, wholeDatabase } from "./people.fixture.ts";

type Letter = Parameters<Mailer["send"]>[0];

let scene: Scene;
let people: People;
let letters: Letter[];
const { signal } = new AbortController();
const [secret, later] = ["l".repeat(32), "m".repeat(32)];
const mailerWith = (...letterSecrets: string[]): Mailer => ({
  appUrl: "https://app.example",
  letterSecrets,
  send: async (letter) => {
    letters.push(letter);
    return { outcome: "sent" };
  },
});

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  people = await openPeople(scene);
  letters = [];
});

interface Inviting {
  role?: Role;
  idempotencyKey?: string;
  by?: Person;
}
const invite = (email: string, { role = "member", by = people.owner, idempotencyKey }: Inviting = {}) =>
  inviteMember(
    { limits: scene.auth.limits, letterSecrets: [secret], inviterId: null, run: (verb) => people.as(by, verb) },
    people.workspaceId,
    {
      email,
      role,
      idempotencyKey,
    },
  );
const send = (invitationId: string, mailer = mailerWith(secret)) =>
  mailInvitation({ inWorkspace: scene.inWorkspace, mailer }, { workspaceId: people.workspaceId, invitationId }, { signal });
/** Invites, has the letter sent, and gives the token in it. */
const tokenFor = async (email: string, inviting?: Inviting) => {
  const { id } = await invite(email, inviting);
  await send(id);
  return { id, token: tokenIn(letters.at(-1)) };
};
const tokenIn = (letter: Letter | undefined) => /\/invitations\/accept\?token=(axi_[A-Za-z0-9_-]+)/.exec(letter?.text ?? "")?.[1] ?? "";
const accept = ({ accountId }: Person, token: string) =>
  acceptInvitation(scene.auth, { accountId, ip: "192.0.2.9", requestId: "request-2" }, token);
const revoke = (id: string, by = people.owner) => people.as(by, (ws) => revokeInvitation(ws, id));
const open = async () => (await scene.inWorkspace(people.workspaceId, (ws) => listInvitations(ws, { limit: 50 }))).items;
const audit = async () => (await scene.inWorkspace(people.workspaceId, (ws) => listAudit(ws, { limit: 50, action: "invitation" }))).items;
const memberIds = async () =>
  (await scene.inWorkspace(people.workspaceId, (ws) => listMembers(ws, { limit: 50 }))).items.map(({ id }) => id);
const change = (id: string, values: Partial<Record<"expiresAt", ReturnType<typeof sql>>>) =>
  scene.inWorkspace(people.workspaceId, ({ tx }) => tx.update(invitation).set(values).where(eq(invitation.id, id)));

describe("an invitation", () => {
  it("goes out as a letter, and lets the one it was made for in", async () => {
    const bob = await people.newcomer("bob");
    const { id, token } = await tokenFor(bob.email, { role: "viewer" });
    expect(letters).toMatchObject([{ to: bob.email, id: expect.stringContaining(id) }]);
    expect(letters[0]?.html).toContain(token);
    expect(await open()).toMatchObject([{ id, email: bob.email, role: "viewer", invitedBy: "owner" }]);
    expect(await accept(bob, token)).toEqual({ workspace: expect.objectContaining({ id: people.workspaceId }), role: "viewer" });
    expect(await authenticate(scene.auth, bob.accessToken, people.workspaceId)).toMatchObject({ standing: { role: "viewer" } });
    expect(await open()).toEqual([]);
    expect(await audit()).toMatchObject([
      {
        action: "invitation.accepted",
        actor: { id: bob.accountId, name: "bob" },
        ip: "192.0.2.9",
        requestId: "request-2",
        after: { role: "viewer" },
      },
      { action: "invitation.created", actor: { id: people.owner.accountId }, after: { email: bob.email, role: "viewer" } },
    ]);
    const [proven] = await withAccount(scene.database, {}, (tx) =>
      tx.select({ at: account.emailVerifiedAt }).from(account).where(eq(account.id, bob.accountId)),
    );
    expect(proven?.at).toEqual(expect.any(String));
  });

  it("keeps its token nowhere: not in its row, its job, its audit lines or its idempotent answer", async () => {
    const { token } = await tokenFor("carol@example.com", { idempotencyKey: "k" });
    expect(token).toMatch(/^axi_/);
    const kept = await wholeDatabase(scene);
    expect(kept).toContain("carol@example.com");
    expect(kept).not.toContain(token);
  });

  it("is accepted once by fifty clicks at once, and by the same person ever after", async () => {
    const bob = await people.newcomer("bob");
    const { token } = await tokenFor(bob.email);
    const all = await Promise.all(Array.from({ length: 50 }, () => accept(bob, token)));
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(await accept(bob, token)).toEqual(all[0]);
    expect((await memberIds()).filter((id) => id === bob.accountId)).toHaveLength(1);
    expect((await audit()).filter(({ action }) => action === "invitation.accepted")).toHaveLength(1);
  });

  it("for another address is refused, and stays open for the one it was made for", async () => {
    const [bob, eve] = [await people.newcomer("bob"), await people.newcomer("eve")];
    const { token } = await tokenFor(bob.email);
    await expect(accept(eve, token)).rejects.toMatchObject({ reason: "invitation_mismatch" });
    expect(await memberIds()).toEqual([people.owner.accountId]);
    await accept(bob, token);
    await expect(accept(eve, token)).rejects.toMatchObject({ reason: expect.stringMatching(/^invitation_/) });
    expect(await memberIds()).not.toContain(eve.accountId);
  });

  it("is refused in the same words when it is unknown, expired, revoked, or its workspace is deleted", async () => {
    const bob = await people.newcomer("bob");
    const unknown = await refusalOf(accept(bob, "axi_made_up"));
    expect(unknown).toMatchObject({ reason: "invitation_invalid" });
    const expired = await tokenFor(bob.email);
    await change(expired.id, { expiresAt: sql`now() - interval '1 second'` });
    expect(await refusalOf(accept(bob, expired.token))).toEqual(unknown);
    expect(await open()).toEqual([]);
    const revoked = await tokenFor(bob.email);
    await revoke(revoked.id);
    await revoke(revoked.id);
    expect(await refusalOf(accept(bob, revoked.token))).toEqual(unknown);
    expect((await audit()).filter(({ action }) => action === "invitation.revoked")).toHaveLength(1);
    const orphan = await tokenFor(bob.email);
    await scene.inWorkspace(people.workspaceId, ({ tx }) => tx.update(workspace).set({ deletedAt: sql`now()` }));
    expect(await refusalOf(accept(bob, orphan.token))).toEqual(unknown);
    expect(await memberIds()).toEqual([people.owner.accountId]);
  });

  it("is no way back for somebody who was removed", async () => {
    const bob = await people.newcomer("bob");
    const { id, token } = await tokenFor(bob.email);
    await accept(bob, token);
    await expect(revoke(id)).rejects.toMatchObject({ reason: "invalid_state" });
    await people.as(people.owner, (ws) => removeMember(ws, bob.accountId));
    await expect(accept(bob, token)).rejects.toMatchObject({ reason: "invitation_invalid" });
    await accept(bob, (await tokenFor(bob.email)).token);
    await people.as(bob, leaveWorkspace);
    expect(await memberIds()).toEqual([people.owner.accountId]);
  });
});

describe("inviting the same address again", () => {
  it("opens the same invitation anew: the letter sent last is the one that counts", async () => {
    const bob = await people.newcomer("bob");
    const first = await tokenFor(bob.email, { role: "viewer" });
    await change(first.id, { expiresAt: sql`now() - interval '1 day'` });
    const again = await tokenFor(bob.email, { role: "admin" });
    expect(again.id).toBe(first.id);
    expect(again.token).not.toBe(first.token);
    expect(await open()).toMatchObject([{ id: first.id, role: "admin" }]);
    await expect(accept(bob, first.token)).rejects.toMatchObject({ reason: "invitation_invalid" });
    expect(await accept(bob, again.token)).toMatchObject({ role: "admin" });
  });

  it("at the same time makes one, and under one key it is one request", async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => invite("dave@example.com")));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const one = await invite("erin@example.com", { idempotencyKey: "k" });
    expect(await invite("erin@example.com", { idempotencyKey: "k" })).toEqual(one);
    await expect(invite("other@example.com", { idempotencyKey: "k" })).rejects.toMatchObject({ reason: "conflict" });
    expect(await open()).toHaveLength(2);
  });

  it("is a conflict when a member has it", async () => {
    const bob = await people.join("viewer", "bob");
    await expect(invite(bob.email)).rejects.toMatchObject({ reason: "conflict" });
    await expect(invite(people.owner.email)).rejects.toMatchObject({ reason: "conflict" });
    expect([await open(), letters]).toEqual([[], []]);
  });

  it(`ends after ${invitationsPerDayMax} letters of a workspace in a day`, async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: invitationsPerDayMax + 5 }, (_, n) => invite(`p${n}@example.com`)));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.map(({ reason }) => [reason.reason, reason.details.retryAfterMs > 0])).toEqual(Array(5).fill(["rate_limited", true]));
    await expect(
      openPeople(scene).then((others) => {
        people = others;
        return invite("p0@example.com");
      }),
    ).resolves.toBeDefined();
  });
});

describe("whoever invites", () => {
  it("has no more letters for founding more workspaces", async () => {
    const inviterId = newId();
    const spam = async (n: number) => {
      if (n % invitationsPerDayMax === 0) people = await openPeople(scene);
      const { as, owner, workspaceId } = people;
      return inviteMember({ limits: scene.auth.limits, letterSecrets: [secret], inviterId, run: (verb) => as(owner, verb) }, workspaceId, {
        email: `s${n}@example.com`,
        role: "viewer",
      });
    };
    for (let n = 0; n < 2 * invitationsPerDayMax; n++) await spam(n);
    await expect(spam(2 * invitationsPerDayMax)).rejects.toMatchObject({ reason: "rate_limited" });
  });

  it("gives no role above their own, and touches no invitation above it", async () => {
    const [admin, member] = [await people.join("admin"), await people.join("member")];
    await expect(invite("x@example.com", { role: "owner", by: admin })).rejects.toMatchObject({ reason: "forbidden" });
    await expect(invite("x@example.com", { role: "viewer", by: member })).rejects.toMatchObject({ reason: "forbidden" });
    expect(await open()).toEqual([]);
    const ofOwner = await invite("x@example.com", { role: "owner" });
    await expect(invite("x@example.com", { role: "viewer", by: admin })).rejects.toMatchObject({ reason: "forbidden" });
    await expect(revoke(ofOwner.id, admin)).rejects.toMatchObject({ reason: "forbidden" });
    expect(await open()).toMatchObject([{ id: ofOwner.id, role: "owner" }]);
    await expect(invite("y@example.com", { role: "admin", by: admin })).resolves.toMatchObject({ invitedBy: "admin" });
  });

  it("may be a key whose scopes name it", async () => {
    const key = await people.as(people.owner, (ws) =>
      createApiKey(ws, { name: "onboarding", role: "admin", scopes: ["invitations.manage"] }, people.owner.accountId),
    );
    const made = await inviteMember(
      { limits: scene.auth.limits, letterSecrets: [secret], inviterId: null, run: (verb) => people.asKey(key, verb) },
      people.workspaceId,
      { email: "z@example.com", role: "member" },
    );
    expect(made).toMatchObject({ invitedBy: "onboarding" });
  });

  it("of another workspace can't see or revoke it, and is told that there is none", async () => {
    const { id } = await invite("x@example.com");
    const other = await scene.found("other");
    const elsewhere = (invitationId: string) => scene.inWorkspace(other.workspaceId, (ws) => revokeInvitation(ws, invitationId));
    const [foreign, missing] = [await refusalOf(elsewhere(id)), await refusalOf(elsewhere(newId()))];
    expect(foreign).toMatchObject({ reason: "not_found" });
    expect(foreign).toEqual(missing);
    expect((await scene.inWorkspace(other.workspaceId, (ws) => listInvitations(ws, { limit: 50 }))).items).toEqual([]);
    expect(await open()).toHaveLength(1);
  });
});

describe("the letter", () => {
  it("is the same when it is sent twice, and also after the secret was rotated", async () => {
    const { id } = await invite("x@example.com");
    await send(id);
    await send(id, mailerWith(later, secret));
    expect(letters[1]).toEqual(letters[0]);
    await expect(send(id, mailerWith(later))).rejects.toThrow(/no letter secret/);
  });

  it("is not sent once the invitation is revoked", async () => {
    const { id } = await invite("x@example.com");
    await revoke(id);
    await send(id);
    expect(letters).toEqual([]);
  });

  it("is given up when it will never be taken", async () => {
    const { id } = await invite("x@example.com");
    const refusing: Mailer = { ...mailerWith(secret), send: async () => ({ outcome: "refused", reason: "suppressed" }) };
    await expect(send(id, refusing)).rejects.toMatchObject({ reason: "validation" });
  });
});
