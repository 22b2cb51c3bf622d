/** Chance that can be had again: the same seed gives the same choices. */
export type Random = {
  /** From 0 (included) to 1 (excluded). */
  fraction(): number;
  /** A whole number, both ends included. */
  between(from: number, to: number): number;
  pick<const T>(items: readonly [T, ...T[]]): T;
  /** The same items in any order. */
  shuffled<T>(items: readonly T[]): readonly T[];
  /** Chance of its own for somebody who draws at times that are not ours. */
  branch(name: string): Random;
};

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  // Mulberry32: 32 bits of state are enough to be as different as two runs need to be.
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
    shuffled: (items) =>
      items
        .map((item) => ({ item, place: fraction() }))
        .sort((one, other) => one.place - other.place)
        .map(({ item }) => item),
    branch: (name) => seededRandom(seed ^ hashOf(name)),
  };
}

function hashOf(text: string): number {
  // FNV-1a.
  return [...text].reduce(
    (hash, character) => Math.imul(hash ^ character.charCodeAt(0), 16777619),
    2166136261,
  );
}
