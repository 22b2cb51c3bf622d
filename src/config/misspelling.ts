/** Names that other libraries have for the same thing. Of several, the first one that there is where the name stands. */
const ALIASES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["issuer", ["publicUrl"]],
  ["baseurl", ["publicUrl"]],
  ["url", ["publicUrl"]],
  ["hostname", ["host"]],
  ...["db", "dbpath", "dbfile", "dburl", "databaseurl", "databasepath", "sqlite", "postgres"].map(
    (name): [string, readonly string[]] => [name, ["database"]],
  ),
  ["scope", ["supportedScopes", "scopes"]],
  ["scopes", ["supportedScopes"]],
  ["https", ["tls"]],
  ["ssl", ["tls"]],
  // Sign-in methods.
  ...["azure", "azuread", "entraid", "microsoft"].map((name): [string, readonly string[]] => [
    name,
    ["entra"],
  ]),
  ["authkit", ["workos"]],
  ["openid", ["oidc"]],
  // A provider's, a server's, and within the server's `clients`.
  ["clientid", ["introspection", "clients", "id"]],
  ["clientsecret", ["introspection", "clients", "secret"]],
  ["clientname", ["clients", "name"]],
]);

/** What our options call what this name says in other libraries. */
export function aliasOf(name: string): string | undefined {
  return ALIASES.get(plain(name))?.[0];
}

/** The one of the known names that was probably meant by one that is certainly none of them. */
export function meantName(name: string, known: readonly string[]): string | undefined {
  const alias = ALIASES.get(plain(name))?.find((one) => known.includes(one));
  if (alias !== undefined) return alias;
  return nearest(name, known, name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3)));
}

/**
 * The one of the known names that this is a slip of, by no more than a letter or two. It may be somebody's own: another
 * number makes it another name, and so does another letter in a short one.
 */
export function slipOf(name: string, known: readonly string[]): string | undefined {
  const digits = digitsOf(name);
  const alike = digits === "" ? known : known.filter((one) => digitsOf(one) === digits);
  const slip = nearest(name, alike, plain(name).length < 8 ? 1 : 2);
  return slip && plain(slip).length <= 4 && !hasSameLetters(name, slip) ? undefined : slip;
}

function digitsOf(name: string): string {
  return name.replace(/\D/g, "");
}

function hasSameLetters(left: string, right: string): boolean {
  const sorted = (name: string) => [...plain(name)].sort().join("");
  return sorted(left) === sorted(right);
}

function nearest(name: string, known: readonly string[], atMost: number): string | undefined {
  const letters = plain(name);
  const [best] = known
    .map((candidate) => ({ candidate, letters: plain(candidate) }))
    // Most names are too long or too short to be meant, and a start holds every variable that there is against all of ours.
    .filter((one) => Math.abs(one.letters.length - letters.length) <= atMost)
    .map((one) => ({ candidate: one.candidate, distance: editDistance(letters, one.letters) }))
    .sort((left, right) => left.distance - right.distance);
  return best && best.distance <= atMost ? best.candidate : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, "");
}

/** Letters put in, left out, replaced, or swapped with their neighbour: optimal string alignment, row by row. */
function editDistance(left: string, right: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: right.length + 1 }, (_, j) => j);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = at(row, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwapped = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      next.push(
        Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1, isSwapped ? at(before, j - 2) + 1 : Infinity),
      );
    }
    before = row;
    row = next;
  }
  return at(row, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
