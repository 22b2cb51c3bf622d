/** Colours as `#rrggbb`. */

/** How well text in one colour can be read on another, from 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrastOf(text: string, ground: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(text), luminanceOf(ground)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** @param share of the first colour, from 0 to 1 */
export function mixed(color: string, other: string, share: number): string {
  const [ours, theirs] = [channelsOf(color), channelsOf(other)];
  const channels = ours.map((channel, index) => channel * share + (theirs[index] ?? 0) * (1 - share));
  return `#${channels.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

/** The colour, made darker or lighter only as far as it must be to have this contrast on a ground. */
export function madeReadable(color: string, ground: string, contrast: number): string {
  const end = luminanceOf(ground) > MIDDLE ? "#000000" : "#ffffff";
  for (let share = 1; share > 0; share -= 0.02) {
    const made = mixed(color, end, share);
    if (contrastOf(made, ground) >= contrast) return made;
  }
  return end;
}

/** On a lighter ground black can be read better, on a darker one white. */
const MIDDLE = 0.179;

function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(color).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channelsOf(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
