import type { TestServer } from "./server.ts";

export const METRICS_TOKEN = "a-token-of-prometheus-alone-0123456789";

/** The metrics of a server that has them on its main port. */
export async function scrape(server: Pick<TestServer, "fetch">): Promise<Series> {
  const response = await server.fetch(
    new Request("https://mcp.example/metrics", { headers: { authorization: `Bearer ${METRICS_TOKEN}` } }),
  );
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return seriesOf(await response.text());
}

/** Series → value: `gatehouse_sign_ins_total{outcome="ok"}` → 1. */
export type Series = ReadonlyMap<string, number>;

export function seriesOf(text: string): Series {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** What has grown, and by how much. */
export function growth(before: Series, after: Series, name: string): Readonly<Record<string, number>> {
  const grown = [...after]
    .filter(([series]) => series.startsWith(name))
    .map(([series, value]) => [series.slice(name.length), value - (before.get(series) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}
