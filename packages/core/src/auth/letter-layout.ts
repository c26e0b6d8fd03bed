/**
 * How letters look: one narrow sheet with a heading, a few paragraphs, one button and the reason why it was sent, in HTML and
 * in plain text from the same parts. Knows no letter.
 *
 * Everything that is inserted is escaped here and nowhere else. Inline styles, because mail programs drop style sheets; the
 * one sheet there is only turns the colours round where the reader's system is dark.
 *
 * @module
 */

/** A letter without its address. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
}

export interface LetterParts {
  subject: string;
  /** Plain text, all of them: what looks like markup is shown as it is. */
  heading: string;
  paragraphs: readonly string[];
  action: { label: string; url: string } | null;
  /** What to know about the action: how long it is good, what to do if it wasn't you. */
  afterwards: readonly string[];
  /** "You get this letter because …" */
  reason: string;
}

const subjectMax = 150;
const fonts = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const darkMode = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){.page{background:#101418!important}.sheet{background:#1a2027!important;border-color:#2b333c!important}
.ink{color:#e8edf2!important}.pale{color:#9aa7b4!important}.rule{border-color:#2b333c!important}.button{background:#5b8cff!important;color:#0b0f14!important}.link{color:#8fb1ff!important}}`;

/** Puts a letter together. */
export function layOut(parts: LetterParts): Letter {
  return { subject: oneLine(parts.subject).slice(0, subjectMax), text: asText(parts), html: asHtml(parts) };
}

function asText({ heading, paragraphs, action, afterwards, reason }: LetterParts): string {
  const blocks = [heading, ...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : []), ...afterwards, `--\nAxon\n${reason}`];
  return `${blocks.join("\n\n")}\n`;
}

function asHtml({ subject, heading, paragraphs, action, afterwards, reason }: LetterParts): string {
  const line = (text: string) =>
    `<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:1.55;color:#1c2430">${escaped(text)}</p>`;
  const small = (text: string) =>
    `<p class="pale" style="margin:0 0 10px;font-size:13px;line-height:1.5;color:#5b6776">${escaped(text)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escaped(oneLine(subject))}</title><style>${darkMode}</style></head>
<body class="page" style="margin:0;padding:0;background:#f3f5f8;font-family:${fonts};-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden">${escaped(paragraphs[0] ?? "")}</div>
<div class="page" style="padding:32px 16px;background:#f3f5f8">
<div style="max-width:520px;margin:0 auto 16px;font-size:18px;font-weight:700;letter-spacing:-.01em"><span class="ink" style="color:#1c2430">Axon</span></div>
<div class="sheet" style="max-width:520px;box-sizing:border-box;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #e1e6ec;border-radius:14px">
<h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:1.3;letter-spacing:-.01em;color:#1c2430">${escaped(heading)}</h1>
${paragraphs.map(line).join("\n")}
${action ? button(action) : ""}
<div class="rule" style="margin-top:24px;padding-top:18px;border-top:1px solid #e1e6ec">${afterwards.map(small).join("\n")}</div>
</div>
<div style="max-width:520px;margin:16px auto 0">${small(reason)}</div>
</div></body></html>
`;
}

function button({ label, url }: { label: string; url: string }): string {
  const href = escaped(url);
  return `<p style="margin:24px 0"><a class="button" href="${href}" style="display:inline-block;padding:13px 22px;border-radius:9px;background:#2457e6;color:#ffffff;font-size:16px;font-weight:600;line-height:1.2;text-decoration:none">${escaped(label)}</a></p>
<p class="pale" style="margin:0;font-size:13px;line-height:1.5;color:#5b6776">If the button does nothing, open this address:<br><a class="link" href="${href}" style="color:#2457e6;word-break:break-all">${href}</a></p>`;
}

/** A subject that carried a line break could carry headers of a stranger's making. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
