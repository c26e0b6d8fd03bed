/**
 * What the side parts of a DOCX define: which style is a heading, which list is numbered, which part holds the footnotes.
 *
 * @module
 */
import { walkXml } from "./xml.ts";

/** Headings have `level` 1 to 6; `numId` is set for styles that number their paragraphs. */
export interface ParagraphStyle {
  level: number | null;
  numId: string | null;
  title: boolean;
}

/** Styles by id, with what they inherit already filled in. */
export function readStyles(xml: string): Map<string, ParagraphStyle> {
  const found = new Map<string, ParagraphStyle & { basedOn: string | null }>();
  let style: (ParagraphStyle & { basedOn: string | null }) | null = null;
  walkXml(xml, {
    open: (name, { val = "", styleId, type }) => {
      if (name === "style") {
        style = { level: null, numId: null, title: false, basedOn: null };
        if (styleId && type !== "character") found.set(styleId, style);
      } else if (!style) return;
      else if (name === "name") {
        const heading = /^heading (\d)$/i.exec(val)?.[1];
        if (heading) style.level = Math.min(6, Math.max(1, Number(heading)));
        if (/^title$/i.test(val)) Object.assign(style, { level: 1, title: true });
      } else if (name === "basedOn") style.basedOn = val;
      else if (name === "outlineLvl" && Number(val) < 9) style.level ??= Math.min(6, Number(val) + 1);
      else if (name === "numId") style.numId = val;
    },
    close: (name) => {
      if (name === "style") style = null;
    },
  });
  const styles = new Map<string, ParagraphStyle>();
  for (const [id, own] of found) {
    let { level, numId } = own;
    let parent = own.basedOn;
    for (let step = 0; parent && step < 20; step++) {
      const above = found.get(parent);
      level ??= above?.level ?? null;
      numId ??= above?.numId ?? null;
      parent = above?.basedOn ?? null;
    }
    styles.set(id, { level, numId, title: own.title });
  }
  return styles;
}

/** For each list id and depth: the number format ("decimal", "bullet", …). */
export function readNumbering(xml: string): Map<string, Map<string, string>> {
  const abstracts = new Map<string, Map<string, string>>();
  const lists = new Map<string, Map<string, string>>();
  let formats: Map<string, string> | null = null;
  let depth = "0";
  let list = "";
  walkXml(xml, {
    open: (name, { abstractNumId = "", numId = "", ilvl, val = "" }) => {
      if (name === "abstractNum") {
        formats = new Map();
        abstracts.set(abstractNumId, formats);
      } else if (name === "lvl") depth = ilvl ?? "0";
      else if (name === "numFmt") formats?.set(depth, val);
      else if (name === "num") [list, formats] = [numId, null];
      else if (name === "abstractNumId") lists.set(list, abstracts.get(val) ?? new Map());
    },
  });
  return lists;
}

/** One relation of a part to another: `type` is the last word of its address, e.g. "footnotes". */
export interface Relation {
  type: string;
  target: string;
}

/** Relations of a part that stay inside the package, with targets as full part names. `folder` is where the part lies, e.g. "word". */
export function readRelations(xml: string, folder: string): Relation[] {
  const relations: Relation[] = [];
  walkXml(xml, {
    open: (name, { Type = "", Target = "", TargetMode }) => {
      if (name !== "Relationship" || TargetMode === "External") return;
      const path = Target.startsWith("/") ? Target : `${folder}/${Target}`;
      relations.push({ type: Type.slice(Type.lastIndexOf("/") + 1), target: resolvePath(path) });
    },
  });
  return relations;
}

function resolvePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The title that the author gave in the document's properties, or null. */
export function readCoreTitle(xml: string): string | null {
  let inside = false;
  let title = "";
  walkXml(xml, {
    open: (name) => {
      inside = name === "title";
    },
    text: (text) => {
      if (inside) title += text;
    },
    close: () => {
      inside = false;
    },
  });
  return title.trim() || null;
}
