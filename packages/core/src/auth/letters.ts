/**
 * What letters say. Each takes plain values and gives a finished letter; how it looks is letter-layout.ts, who gets it and
 * when is not known here.
 *
 * @module
 */
import { type Letter, layOut } from "./letter-layout.ts";

export type { Letter } from "./letter-layout.ts";

interface ToSomebody {
  /** Where people open Axon, without a slash at the end. */
  appUrl: string;
  name: string;
}

interface WithLink extends ToSomebody {
  token: string;
}

/** The address has to be shown to be its owner's. */
export function verifyLetter({ appUrl, name, token }: WithLink): Letter {
  return layOut({
    subject: "Confirm your e-mail address",
    heading: "Confirm your e-mail address",
    paragraphs: [`Hello ${name}, welcome to Axon. One click, and we know that this address is yours.`],
    action: { label: "Confirm address", url: linkTo(appUrl, "/verify-email", token) },
    afterwards: ["The link works once, for 24 hours.", "If you did not sign up, ignore this letter: nothing happens without the click."],
    reason: "You get this letter because somebody signed up to Axon with this address.",
  });
}

/** Somebody says to have forgotten the password. */
export function resetLetter({ appUrl, name, token }: WithLink): Letter {
  return layOut({
    subject: "Set a new password",
    heading: "Set a new password",
    paragraphs: [`Hello ${name}, somebody, most likely you, asked to set a new password for your Axon account.`],
    action: { label: "Set new password", url: linkTo(appUrl, "/reset-password", token) },
    afterwards: [
      "The link works once, for one hour. It signs you out everywhere.",
      "If it wasn't you, ignore this letter: your password stays as it is.",
    ],
    reason: "You get this letter because a new password was asked for at this address.",
  });
}

/** The owner should hear of it from us, whoever did it. */
export function passwordChangedLetter({ appUrl, name }: ToSomebody): Letter {
  return layOut({
    subject: "Your password was changed",
    heading: "Your password was changed",
    paragraphs: [`Hello ${name}, the password of your Axon account was just changed, and other devices were signed out.`],
    action: null,
    afterwards: [`If it wasn't you, set a new password at once: ${appUrl}/reset-password`],
    reason: "You get this letter because it concerns the safety of your account.",
  });
}

interface InvitationLetter {
  workspaceName: string;
  /** The name of whoever invites. */
  invitedBy: string;
  /** What the newcomer will be: "admin". */
  role: string;
  /** When the link ends, ISO. */
  expiresAt: string;
  /** The whole link, its token included. */
  url: string;
}

/** The door to a workspace. */
export function invitationLetter({ workspaceName, invitedBy, role, expiresAt, url }: InvitationLetter): Letter {
  return layOut({
    subject: `${invitedBy} invites you to ${workspaceName}`,
    heading: `Join ${workspaceName}`,
    paragraphs: [`${invitedBy} invites you to work in “${workspaceName}” on Axon, as ${role}.`],
    action: { label: "Accept invitation", url },
    afterwards: [
      `The link works once, until ${expiresAt.slice(0, 10)}, and only for this address.`,
      "If you don't know the sender, ignore this letter.",
    ],
    reason: `You get this letter because ${invitedBy} entered this address.`,
  });
}

function linkTo(appUrl: string, path: string, token: string): string {
  return `${appUrl}${path}?token=${encodeURIComponent(token)}`;
}
