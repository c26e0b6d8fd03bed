/**
 * Walks XML tag by tag, with names freed of their prefixes: `w:p` and `p` are the same to us. Never resolves entities or fetches anything.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { DocumentError } from "../document-error.ts";
import { markupDepthMax } from "../limits.ts";

export interface XmlVisitor {
  open: (name: string, attributes: Record<string, string>) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
}

/** Calls the visitor for every tag and text in order. Refuses nesting deeper than `markupDepthMax` with `rejected`. */
export function walkXml(xml: string, visitor: XmlVisitor): void {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (++depth > markupDepthMax)
          throw new DocumentError("rejected", "The file was refused because its structure is nested too deeply.");
        visitor.open(local(name), unprefixed(attributes));
      },
      ontext: (text) => visitor.text?.(text),
      onclosetag: (name) => {
        depth--;
        visitor.close?.(local(name));
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function unprefixed(attributes: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in attributes) result[local(name)] = attributes[name] ?? "";
  return result;
}
