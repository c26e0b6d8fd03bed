/**
 * Two large documents with real words: ten megabytes of text, and a PDF of a thousand pages. The same every time.
 *
 * @module
 */

const vocabulary = 4_000;
const wordsPerSentence = 16;
const sentencesPerParagraph = 5;
const linesPerPage = 45;
const wordsPerLine = 12;

/** Text of about that many bytes: paragraphs of five sentences, a heading every twenty. */
export function longText(bytes: number): Uint8Array {
  const words = wordsFrom(1);
  const parts: string[] = [];
  for (let length = 0, paragraph = 0; length < bytes; paragraph++) {
    const sentences = Array.from({ length: sentencesPerParagraph }, () => `${capital(words(wordsPerSentence))}.`);
    const part = `${paragraph % 20 === 0 ? `# Part ${paragraph / 20 + 1}\n\n` : ""}${sentences.join(" ")}\n\n`;
    parts.push(part);
    length += part.length;
  }
  return new TextEncoder().encode(parts.join(""));
}

/** A PDF of so many pages of plain text, in one of the fonts that every reader has. */
export function longPdf(pages: number): Uint8Array {
  const words = wordsFrom(2);
  const objects: string[] = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${pages} /Kids [${Array.from({ length: pages }, (_, page) => `${4 + 2 * page} 0 R`).join(" ")}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  for (let page = 0; page < pages; page++) {
    const lines = Array.from(
      { length: linesPerPage },
      (_, line) => `(${line % 5 === 4 ? `${words(wordsPerLine)}.` : words(wordsPerLine)}) '`,
    );
    const content = `BT /F1 10 Tf 14 TL 40 800 Td\n${lines.join("\n")}\nET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * page} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const end = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return new TextEncoder().encode(`${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${end}`);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Words that look random; ASCII only. */
function wordsFrom(seed: number): (count: number) => string {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const syllables = ["ba", "den", "fi", "gor", "hal", "ki", "lum", "mo", "nes", "pra", "ru", "ster", "ta", "vin", "wo", "zel"];
  const words = Array.from({ length: vocabulary }, () =>
    Array.from({ length: 2 + Math.floor(next() * 3) }, () => syllables[Math.floor(next() * syllables.length)]).join(""),
  );
  // Few words are common and many are rare, as in any language.
  return (count) => Array.from({ length: count }, () => words[Math.floor(next() ** 3 * vocabulary)]).join(" ");
}
