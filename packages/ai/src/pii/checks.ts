/**
 * Check digits: whether a number that looks like a card, an account or a personal id is one. Pure arithmetic.
 *
 * @module
 */

/** Cards. `digits` are 12 to 19 ASCII digits. */
export function isCard(digits: string): boolean {
  return digits.length >= 12 && digits.length <= 19 && !/^(\d)\1+$/.test(digits) && luhn(digits);
}

/** ISO 13616: the letters as numbers, the first four characters last, modulo 97. `iban` without blanks, upper case. */
export function isIban(iban: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const moved = `${iban.slice(4)}${iban.slice(0, 4)}`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  let rest = 0;
  for (const digit of moved) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** Personal ids that carry their own check, by their form. `id` without blanks and dashes, upper case. */
export function isNationalId(id: string): boolean {
  return nationalIds.some(([form, holds]) => form.test(id) && holds(id));
}

const nationalIds: readonly (readonly [RegExp, (id: string) => boolean])[] = [
  // Spain: DNI and NIE. The letter is the number modulo 23.
  [
    /^[XYZ\d]\d{7}[A-Z]$/,
    (id) =>
      "TRWAGMYFPDXBNJZSQVHLCKE"[Number(id.slice(0, -1).replace(/^[XYZ]/, (first) => String("XYZ".indexOf(first)))) % 23] === id.at(-1),
  ],
  // Italy: codice fiscale.
  [/^[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]$/, italian],
  // France: NIR with its key.
  [/^[12]\d{14}$/, (id) => 97 - (Number(id.slice(0, 13)) % 97) === Number(id.slice(13))],
  // Brazil: CPF.
  [/^\d{11}$/, (id) => !/^(\d)\1+$/.test(id) && brazilian(id, 9) && brazilian(id, 10)],
  // Germany: Steuer-ID (ISO 7064, modulo 11,10).
  [/^[1-9]\d{10}$/, german],
  // Turkey: TCKN.
  [/^[1-9]\d{10}$/, turkish],
  // Poland: PESEL.
  [
    /^\d{2}(?:[02468][1-9]|[13579][0-2])\d{7}$/,
    (id) => weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0 && !/^(\d)\1+$/.test(id),
  ],
  // China: resident id.
  [
    /^\d{6}(?:19|20)\d{9}[\dX]$/,
    (id) => "10X98765432"[weighted(id.slice(0, 17), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === id.at(-1),
  ],
  // India: Aadhaar.
  [/^[2-9]\d{11}$/, verhoeff],
];

function luhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0);
}

function brazilian(id: string, checked: number): boolean {
  const sum = weighted(
    id,
    Array.from({ length: checked }, (_, place) => checked + 1 - place),
  );
  return ((sum * 10) % 11) % 10 === Number(id[checked]);
}

function german(id: string): boolean {
  let product = 10;
  for (const digit of id.slice(0, 10)) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  // One digit of the ten stands twice or three times; without this rule every tenth order number would pass.
  const distinct = new Set(id.slice(0, 10)).size;
  return (distinct === 9 || distinct === 8) && (11 - product) % 10 === Number(id[10]);
}

function turkish(id: string): boolean {
  const digits = [...id].map(Number);
  const at = (places: readonly number[]) => places.reduce((sum, place) => sum + (digits[place] ?? 0), 0);
  const tenth = (((at([0, 2, 4, 6, 8]) * 7 - at([1, 3, 5, 7])) % 10) + 10) % 10;
  return tenth === digits[9] && at([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) % 10 === digits[10];
}

function italian(id: string): boolean {
  const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  const value = (character: string) => (/\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65);
  const sum = [...id.slice(0, 15)].reduce(
    (total, character, place) => total + (place % 2 === 0 ? (odd[value(character)] ?? 0) : value(character)),
    0,
  );
  return String.fromCharCode(65 + (sum % 26)) === id.at(-1);
}

const dihedral = [
  "0123456789",
  "1234067895",
  "2340178956",
  "3401289567",
  "4012395678",
  "5987604321",
  "6598710432",
  "7659821043",
  "8765932104",
  "9876543210",
];
const permuted = ["0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"];

function verhoeff(id: string): boolean {
  let check = 0;
  for (const [place, digit] of [...id].reverse().entries()) {
    check = Number(dihedral[check]?.[Number(permuted[place % 8]?.[Number(digit)])]);
  }
  return check === 0;
}
