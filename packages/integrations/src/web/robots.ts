/**
 * What a site says to robots (RFC 9309), read for one of them. Every line is data from a stranger: nothing of it becomes a
 * pattern that could take long to match.
 *
 * @module
 */
export interface Robots {
  /** `path` with its query, as it stands in the address. */
  allows(path: string): boolean;
  /** How long to wait between two requests, as the site wishes; null when it says nothing. */
  crawlDelayMs: number | null;
  /** Addresses of sitemaps that it names. */
  sitemaps: string[];
}

/** What is read of a file, in bytes; the rest says nothing. RFC 9309 wants 500 KiB at least. */
export const robotsBytesMax = 512 * 1024;
const rulesMax = 5_000;
const sitemapsMax = 50;

/** For a site without rules. */
export const everything: Robots = { allows: () => true, crawlDelayMs: null, sitemaps: [] };

interface Rule {
  allow: boolean;
  pattern: string;
}

interface Group {
  agents: string[];
  rules: Rule[];
  delaySeconds: number | null;
}

/** The rules for the robot whose product name is `agent` (in lower case): of the groups that name it, else of those for all. */
export function readRobots(text: string, agent: string): Robots {
  const { groups, sitemaps } = readGroups(text);
  const named = groups.filter(({ agents }) => agents.includes(agent));
  const mine = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes("*"));
  const rules = mine.flatMap((group) => group.rules).slice(0, rulesMax);
  const delay = mine.find(({ delaySeconds }) => delaySeconds !== null)?.delaySeconds ?? null;
  return { allows: (path) => allows(rules, path), crawlDelayMs: delay === null ? null : delay * 1000, sitemaps };
}

function readGroups(text: string): { groups: Group[]; sitemaps: string[] } {
  const groups: Group[] = [];
  const sitemaps: string[] = [];
  let open: Group | null = null;
  // Several user-agent lines in a row name one group; a rule closes the list of names.
  let naming = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim().toLowerCase();
    const value = (line.slice(colon + 1).split("#")[0] ?? "").trim();
    if (key === "sitemap" && sitemaps.length < sitemapsMax) sitemaps.push(line.slice(colon + 1).trim());
    if (key === "user-agent") {
      if (!naming || open === null) {
        open = { agents: [], rules: [], delaySeconds: null };
        groups.push(open);
      }
      open.agents.push(productOf(value));
      naming = true;
    } else if (open !== null && (key === "allow" || key === "disallow")) {
      naming = false;
      // An empty rule says nothing: "Disallow:" disallows nothing.
      if (value !== "") open.rules.push({ allow: key === "allow", pattern: plain(value) });
    } else if (open !== null && key === "crawl-delay") {
      naming = false;
      const seconds = Number(value);
      if (value !== "" && Number.isFinite(seconds) && seconds >= 0) open.delaySeconds = seconds;
    }
  }
  return { groups, sitemaps };
}

/** `AxonBot/1.0` names `axonbot`. */
function productOf(value: string): string {
  return value === "*" ? "*" : (/^[a-z_-]+/i.exec(value)?.[0]?.toLowerCase() ?? "");
}

/** The longest rule that fits decides; of two as long, the one that allows. */
function allows(rules: readonly Rule[], path: string): boolean {
  if (path === "/robots.txt") return true;
  const wanted = plain(path);
  let best: Rule | null = null;
  for (const rule of rules) {
    if (!fits(rule.pattern, wanted)) continue;
    const longer = best === null || rule.pattern.length > best.pattern.length;
    if (longer || (rule.allow && rule.pattern.length === best?.pattern.length)) best = rule;
  }
  return best?.allow ?? true;
}

/** The same letter is written in one way: `%7e` is `~`, `ü` is `%C3%BC`. */
function plain(path: string): string {
  try {
    return encodeURI(decodeURI(path)).replace(/%25/g, "%");
  } catch {
    return path;
  }
}

/** `*` stands for anything, `$` at the end for the end. Looks at each letter a bounded number of times, whatever the pattern. */
function fits(pattern: string, path: string): boolean {
  const toEnd = pattern.endsWith("$");
  const parts = (toEnd ? pattern.slice(0, -1) : pattern).split("*");
  const [first = "", ...rest] = parts;
  if (!path.startsWith(first)) return false;
  if (rest.length === 0) return !toEnd || path.length === first.length;
  let at = first.length;
  const last = toEnd ? rest.pop() : undefined;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return last === undefined || (path.length - last.length >= at && path.endsWith(last));
}
