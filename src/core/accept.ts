/**
 * Reads an `Accept` header (RFC 9110 §12.5.1).
 * @returns how much its sender wants a media type, from 0 (not at all) to 1. The most specific range decides; without the
 * header, everything is welcome.
 */
export function qualities(accept: string | null): (type: string) => number {
  const ranges = (accept ?? "").split(",").map(readRange).filter(isNamed);
  return (type) => (ranges.length === 0 ? 1 : qualityIn(ranges, type));
}

function qualityIn(ranges: readonly Range[], type: string): number {
  const [main = ""] = type.split("/");
  for (const name of [type, `${main}/*`, "*/*"]) {
    const found = ranges.find((range) => range.name === name);
    if (found) return found.quality;
  }
  return 0;
}

/** Whether a person's browser asks: it would rather have a page than anything that programs exchange here. */
export function prefersPage(accept: string | null): boolean {
  const qualityOf = qualities(accept);
  const page = qualityOf("text/html");
  return page > qualityOf("application/json") && page > qualityOf("text/event-stream");
}

type Range = { readonly name: string; readonly quality: number };

function readRange(text: string): Range {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { name, quality: Number.isFinite(quality) ? quality : 1 };
}

function isNamed({ name }: Range): boolean {
  return name !== "";
}
