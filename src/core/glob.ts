/** Text in which each `*` stands for any run of characters, also for none: what is between the stars. */
export type Glob = readonly string[];

export function readGlob(pattern: string): Glob {
  return pattern.split("*");
}

/**
 * Whether a glob is the whole text. Each part is looked for once, from left to right: of a regular expression made from
 * the same pattern, a stranger's text could take minutes.
 */
export function matchesGlob(glob: Glob, text: string): boolean {
  const [start = "", ...others] = glob;
  const end = others.pop();
  if (end === undefined) return text === start;
  if (!text.startsWith(start)) return false;
  let from = start.length;
  for (const part of others) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - end.length >= from && text.endsWith(end);
}
