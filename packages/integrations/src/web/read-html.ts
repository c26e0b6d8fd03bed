/**
 * What a crawler wants of a page: its name, where it leads, and what its owner asks of robots. One pass over the tags; the
 * text itself is read elsewhere.
 *
 * @module
 */
import { Parser } from "htmlparser2";

export interface PageHead {
  title: string | null;
  /** Whole addresses, in the order of the page, each once. */
  links: string[];
  canonical: string | null;
  noindex: boolean;
}

/** Links of one page that are looked at. */
const linksMax = 5_000;
const titleCharsMax = 500;

/** `base` is where the page was found; `agent` is the robot's name in lower case, which the page may speak to by it. */
export function readHtml(html: string, base: URL, agent: string): PageHead {
  const found = { title: "", inTitle: false, titled: false, canonical: null as string | null, robots: "", base: base.href };
  const links = new Set<string>();
  const add = (href: string) => {
    const link = toLink(href, found.base);
    if (link !== null && links.size < linksMax) links.add(link);
  };
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        const rel = (attributes["rel"] ?? "").toLowerCase().split(/\s+/);
        if (name === "title" && !found.titled) found.inTitle = true;
        else if (name === "base" && attributes["href"] !== undefined) found.base = toLink(attributes["href"], base.href) ?? found.base;
        else if (name === "meta") {
          const to = attributes["name"]?.toLowerCase();
          if (to === "robots" || to === agent) found.robots += `,${attributes["content"] ?? ""}`;
        } else if (name === "link" && rel.includes("canonical")) found.canonical = toLink(attributes["href"] ?? "", found.base);
        else if ((name === "a" || name === "area") && attributes["href"] !== undefined && !rel.includes("nofollow"))
          add(attributes["href"]);
      },
      ontext: (text) => {
        if (found.inTitle && found.title.length < titleCharsMax) found.title += text;
      },
      onclosetag: (name) => {
        if (name !== "title" || !found.inTitle) return;
        found.inTitle = false;
        found.titled = true;
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  const { noindex, nofollow } = readDirectives(found.robots);
  return {
    title: found.title.replace(/\s+/g, " ").trim().slice(0, titleCharsMax) || null,
    links: nofollow ? [] : [...links],
    canonical: found.canonical,
    noindex,
  };
}

/** `noindex, nofollow` of a meta tag or header. */
export function readDirectives(text: string): { noindex: boolean; nofollow: boolean } {
  const words = text.toLowerCase().split(/[\s,]+/);
  const none = words.includes("none");
  return { noindex: none || words.includes("noindex"), nofollow: none || words.includes("nofollow") };
}

/**
 * What `X-Robots-Tag` says to `agent`: lines without a name, and those that begin with its own. `otherbot: noindex` is not for us.
 */
export function directivesFor(header: string, agent: string): string {
  let mine = true;
  return header
    .split(",")
    .filter((part) => {
      const name = /^\s*([a-z][\w-]*)\s*:/i.exec(part)?.[1]?.toLowerCase();
      if (name !== undefined && name !== "unavailable_after" && !name.startsWith("max-")) mine = name === agent;
      return mine;
    })
    .map((part) => part.replace(/^\s*[a-z][\w-]*\s*:/i, ""))
    .join(",");
}

function toLink(href: string, base: string): string | null {
  const text = href.trim();
  if (!URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  url.hash = "";
  return url.href;
}
