/**
 * How deep a piece of JSON is nested and how many items its outermost list has, told byte by byte before anybody parses it.
 *
 * It does not tell whether the JSON is well formed: of what is not, the parser will say so.
 *
 * @module
 */
export interface JsonShape {
  /** Reads on; bytes may come in any number of pieces. */
  read(bytes: Uint8Array): void;
  /** The deepest nesting so far: `{}` is 1 deep. */
  depth(): number;
  /** Items of the outermost list; 1 for anything that is no list, 0 for an empty list. */
  items(): number;
}

const [quote, backslash, comma, openList, closeList, openObject, closeObject] = Buffer.from('"\\,[]{}');
const blank = 0x20;

/** UTF-8 never hides one of JSON's own characters in another, so looking at single bytes is enough. */
export function createJsonShape(): JsonShape {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  let escaped = false;
  let isList: boolean | null = null;
  let commas = 0;
  let filled = false;

  function see(byte: number): void {
    if (inText) {
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) inText = false;
      return;
    }
    if (byte <= blank) return;
    isList ??= byte === openList;
    if (depth === 1 && byte !== closeList) filled = true;
    if (byte === quote) inText = true;
    else if (byte === openList || byte === openObject) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === closeList || byte === closeObject) depth -= 1;
    else if (byte === comma && depth === 1) commas += 1;
  }

  return {
    read(bytes) {
      for (let at = 0; at < bytes.length; at++) see(bytes[at] ?? blank);
    },
    depth: () => deepest,
    items: () => (isList !== true ? 1 : filled ? commas + 1 : 0),
  };
}

/** The shape of a whole piece. */
export function jsonShapeOf(json: Uint8Array | string): JsonShape {
  const shape = createJsonShape();
  shape.read(typeof json === "string" ? Buffer.from(json) : json);
  return shape;
}
