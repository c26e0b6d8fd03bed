/**
 * Credentials that somebody has written into instructions, by the look that their makers gave them.
 *
 * @module
 */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/gu,
  /(?<![\w-])(?:sk-(?:proj-|ant-|live-)?[\w-]{20,}|[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|ax[kri]_[\w-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})/gu,
  /(?:(?:https?|postgres(?:ql)?|mysql|redis|amqp|mongodb(?:\+srv)?):\/\/)[^\s:/@]+:[^\s:/@]{3,}@/gu,
  // A word that says what follows, and something after it that is no word: with a digit or a sign in it.
  /(?<!\p{L})(?:pass ?words?|passwort|pass ?phrase|api[ _-]?keys?|api[ _-]?token|secret(?: ?key)?|access[ _-]?token|client[ _-]?secret|auth[ _-]?token|mot de passe|contraseña|senha|wachtwoord|hasło)(?: (?:is|ist|lautet|est|es|é|to))?\s*[:=]?\s*["'`]?(?=[^\s"'`]*[\d!$%&#*_^~@])(?=[^\s"'`]*\p{L})[^\s"'`]{8,}/giu,
];

/** Where they are, in characters from the start, first one first. Overlapping ones are one. */
export function findSecrets(text: string): { at: number; length: number }[] {
  const found = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)].map(({ 0: words, index }) => ({ at: index, length: words.length })))
    .sort((one, other) => one.at - other.at);
  return found.filter(({ at }, place) => !found.slice(0, place).some((earlier) => at < earlier.at + earlier.length));
}
