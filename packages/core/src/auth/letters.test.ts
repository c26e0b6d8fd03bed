import { describe, expect, it } from "vitest";
import { invitationLetter, passwordChangedLetter, resetLetter, verifyLetter } from "./letters.ts";
import { letterToken } from "./secrets.ts";

const appUrl = "https://app.example";
const nasty = `<script>alert("1")</script> & 'co'`;
const all = (name: string) => [
  verifyLetter({ appUrl, name, token: "axv_token" }),
  resetLetter({ appUrl, name, token: "axp_token" }),
  passwordChangedLetter({ appUrl, name }),
  invitationLetter({
    workspaceName: name,
    invitedBy: name,
    role: "member",
    expiresAt: "2026-11-29T10:00:00.000Z",
    url: `${appUrl}/invitations/accept?token=axi_token`,
  }),
];

describe("letters", () => {
  it("lead to their page, in both forms, with a button and the address in full", () => {
    const links = [
      "/verify-email?token=axv_token",
      "/reset-password?token=axp_token",
      "/reset-password",
      "/invitations/accept?token=axi_token",
    ];
    for (const [number, { text, html }] of all("Ada").entries()) {
      expect(text).toContain(`${appUrl}${links[number]}`);
      expect(html).toContain(`${appUrl}${links[number]}`);
    }
    expect(all("Ada")[0]?.html.match(/href="https:\/\/app\.example\/verify-email\?token=axv_token"/g)).toHaveLength(2);
  });

  it("say why they were sent, and what to do if it wasn't you", () => {
    for (const { text, html } of all("Ada")) {
      expect(text).toContain("You get this letter because");
      expect(html).toContain("You get this letter because");
      expect(text).toMatch(/If (it wasn't you|you did(n't| not)|you don't)/);
    }
  });

  it("show markup in names as text", () => {
    for (const { html } of all(nasty)) {
      expect(html).not.toContain("<script>");
      expect(html).not.toContain('alert("1")');
    }
    expect(all(nasty)[0]?.html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;");
  });

  it("have a subject of one line, of bounded length", () => {
    const [, , , invitation] = all(`Ada\r\nBcc: everybody@example.com\u2028${"x".repeat(300)}`);
    expect(invitation?.subject).toMatch(/^Ada Bcc: everybody@example\.com x+$/);
    expect(invitation?.subject.length).toBeLessThanOrEqual(150);
  });

  it("are well-formed enough for a mail program, and turn dark with it", () => {
    for (const { html } of all("Ada")) {
      expect(html).toContain("prefers-color-scheme:dark");
      for (const tag of ["div", "p", "a", "h1", "body", "html"])
        expect(html.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0, tag).toBe(html.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0);
    }
  });
});

describe("the token of a letter", () => {
  it("is the same for the same letter, and another for another letter, purpose or secret", () => {
    const one = letterToken("s".repeat(32), "reset_password", "letter");
    expect(letterToken("s".repeat(32), "reset_password", "letter")).toBe(one);
    const others = [
      letterToken("s".repeat(32), "verify_email", "letter"),
      letterToken("s".repeat(32), "invitation", "letter"),
      letterToken("s".repeat(32), "reset_password", "letter 2"),
      letterToken("t".repeat(32), "reset_password", "letter"),
    ].map((token) => token.slice(4));
    expect(new Set([one.slice(4), ...others]).size).toBe(5);
    expect(one).toMatch(/^axp_[\w-]{43}$/);
  });
});
