/**
 * Every ceiling of document reading, in one place: a hostile file meets one of these before it meets the machine.
 *
 * @module
 */

/** Largest file that is read, in bytes. The upload limit of the contracts is the same number. */
export const inputBytesMax = 50 * 1024 * 1024;
/** Pages of a PDF; a longer one is refused, not cut. */
export const pagesMax = 2_000;
/** Characters of text that one document may give; more is refused. */
export const charsMax = 20_000_000;
/** Blocks that one document may give. */
export const blocksMax = 500_000;
/** Entries in a DOCX package. */
export const zipEntriesMax = 5_000;
/** Bytes that all entries of a DOCX say they inflate to. */
export const zipDeclaredBytesMax = 256 * 1024 * 1024;
/** Bytes that the parts we do read may inflate to, together. */
export const zipInflatedBytesMax = 96 * 1024 * 1024;
/** Inflated size over stored size of one entry. Word's own XML stays under 100; a bomb is near 1,000. */
export const zipRatioMax = 200;
/** Entries smaller than this may have any ratio: they can do no harm. */
export const zipRatioFloorBytes = 4 * 1024 * 1024;
/** How deep elements may nest before the markup is refused as hostile. */
export const markupDepthMax = 2_000;
/** Rows and columns that are read of one table. */
export const tableRowsMax = 200_000;
export const tableColumnsMax = 1_000;
/** Bytes of a text that its encoding is judged by. */
export const encodingSampleBytes = 256 * 1024;
/** Documents that may wait for a free child process. */
export const waitingMax = 1_000;
/** Documents that one child process reads before it is replaced by a fresh one. */
export const documentsPerChildMax = 50;
