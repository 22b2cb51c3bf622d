import type { PlainFetch } from "../../../src/platform/fetch-json.ts";

/** Where the public names of providers lead to servers on this computer, for us and for the person's browser. */
export type Network = {
  readonly fetch: PlainFetch;
  /** What was asked from the server, in order. */
  readonly asked: readonly string[];
  /** What a browser gets from there; redirects are not followed. */
  visit(url: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Names another place. */
  add(origin: string, url: string): void;
  /** Runs once, before the next answer is handed to the server. */
  meanwhile?: (() => Promise<unknown>) | undefined;
};

/** @param places origin → the URL of a server on this computer */
export function openNetwork(places: Readonly<Record<string, string>> = {}): Network {
  const known = new Map(Object.entries(places));
  const asked: string[] = [];
  const place = (url: string): string => {
    const { origin } = new URL(url);
    return (known.get(origin) ?? origin) + url.slice(origin.length);
  };
  const network: Network = {
    asked,
    add: (origin, url) => void known.set(origin, url),
    async fetch(url, init) {
      asked.push(url);
      const answer = await fetch(place(url), init);
      const { meanwhile } = network;
      network.meanwhile = undefined;
      await meanwhile?.();
      return answer;
    },
    visit: (url, headers = {}) => fetch(place(url), { redirect: "manual", headers }),
  };
  return network;
}
