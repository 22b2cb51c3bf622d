import { tavily } from "@tavily/core";
import { ConfigurationError } from "mcp-gatehouse";
import { z } from "zod";

/** What a search takes, with the names and the bounds of the API. */
export const searchInput = z.object({
  query: z.string().trim().min(1).max(400).describe("What to look for, as one would type it."),
  max_results: z.int().min(1).max(20).default(5).describe("How many results at the most."),
  search_depth: z
    .enum(["basic", "advanced", "fast", "ultra-fast"])
    .default("basic")
    .describe("advanced finds more, takes longer and costs twice as much."),
  topic: z.enum(["general", "news", "finance"]).default("general"),
});

export const searchOutput = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      url: z.string(),
      content: z.string(),
      score: z.number(),
      published_date: z.string().optional(),
    }),
  ),
});

/** The result of a tool call, as MCP has it. */
export type SearchAnswer = {
  content: { type: "text"; text: string }[];
  structuredContent?: z.output<typeof searchOutput>;
  isError?: true;
};

export type Search = (input: z.output<typeof searchInput>) => Promise<SearchAnswer>;

export type TavilyOptions = {
  readonly apiKey: string | undefined;
  /** Where the API is; the real one by default. */
  readonly baseUrl?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** Told why a search failed, without the key. */
  readonly onFailure: (why: string) => void;
};

/**
 * Searches the web with Tavily. A search that fails is an answer that says what to do, and never throws.
 * @throws ConfigurationError where the key is missing, or an option cannot be used
 */
export function createSearch({ baseUrl, timeoutSeconds = 30, onFailure, ...options }: TavilyOptions): Search {
  const apiKey = usableKey(options.apiKey);
  const client = tavily({ apiKey, ...(baseUrl && { apiBaseURL: usableUrl(baseUrl) }) });
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 300)) {
    throw new ConfigurationError(
      "TAVILY_TIMEOUT_SECONDS must be a number of seconds above 0, 300 at the most.",
    );
  }
  return async ({ query, max_results, search_depth, topic }) => {
    try {
      const request = { maxResults: max_results, searchDepth: search_depth, topic, timeout: timeoutSeconds };
      return found(apiAnswer.parse(await within(timeoutSeconds, client.search(query, request))));
    } catch (cause) {
      const why = cause instanceof z.ZodError ? MALFORMED : String((cause as Error)?.message);
      // The API's words may repeat the key. They are for the operator, shortened, and never for the caller.
      onFailure(why.replaceAll(apiKey, "[key]").slice(0, 300));
      return { content: [{ type: "text", text: adviceFor(why) }], isError: true };
    }
  };
}

const apiAnswer = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      url: z.string(),
      content: z.string(),
      score: z.number(),
      publishedDate: z.string().nullish(),
    }),
  ),
});

function found({ results }: z.output<typeof apiAnswer>): SearchAnswer {
  const text = results.map(({ title, url, content }) => `${title}\n${url}\n${content}`).join("\n\n");
  return {
    content: [{ type: "text", text: text || "Nothing was found. Search again with other or fewer words." }],
    structuredContent: {
      results: results.map(({ publishedDate, ...result }) => ({
        ...result,
        ...(publishedDate && { published_date: publishedDate }),
      })),
    },
  };
}

const MALFORMED = "the answer is not what the API promises";

/**
 * What a caller can do, by what went wrong. `@tavily/core` throws plain errors: the API's sentence where it sent one,
 * else the status, else its own words. The first line that fits counts.
 */
const ADVICE: readonly (readonly [tells: RegExp, advice: string])[] = [
  [
    /^Request timed out/,
    'The search took too long. Try again, with search_depth "fast" or a lower max_results.',
  ],
  [
    /^An unexpected error .*\bTypeError\b|^the answer is not/s,
    "The search service sent an answer that cannot be read. Try again in a minute.",
  ],
  [/^An unexpected error/, "The search service cannot be reached. Try again in a minute."],
  [
    /^40[13] Error|\bunauthorized\b|\bAPI key\b/i,
    "The search service refuses this server's API key. Trying again will not help: the operator of this server must set " +
      "a valid TAVILY_API_KEY and restart it.",
  ],
  [
    /^429 Error|excessive requests/i,
    "There were too many searches in a short time. Wait a minute, then try again.",
  ],
  [
    /^432 Error|plan's set usage limit/i,
    "The search quota of this server's Tavily plan is used up. Trying again will not help: the operator of this " +
      "server must upgrade the plan, or wait until the quota starts again.",
  ],
  [
    /^433 Error|pay-as-you-go limit/i,
    "The pay-as-you-go limit of this server's Tavily account is reached. Trying again will not help: the operator " +
      "of this server must raise it in the Tavily dashboard.",
  ],
  [/^5\d\d Error|internal server error/i, "The search service has a problem. Try again in a few minutes."],
];

const OTHERWISE =
  "The search service refused this search. Search with other words or options; the operator of this server finds the " +
  "reason in its log.";

function adviceFor(why: string): string {
  return ADVICE.find(([tells]) => tells.test(why))?.[1] ?? OTHERWISE;
}

/** The library's own time-out is one of silence: an answer that trickles in would escape it. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("Request timed out")), seconds * 1000);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** Without a key the library would continue under Tavily's terms for anonymous use. */
function usableKey(given: string | undefined): string {
  const key = given?.trim();
  if (!key) {
    throw new ConfigurationError(
      "TAVILY_API_KEY is missing. Set it to your key from https://app.tavily.com.",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigurationError(
      "TAVILY_API_KEY has characters that no key has. Copy it again from the dashboard.",
    );
  }
  return key;
}

function usableUrl(given: string): string {
  const url = URL.parse(given);
  const isLocal = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol !== "https:" && !isLocal) {
    throw new ConfigurationError(
      "TAVILY_BASE_URL must be an https:// URL (http:// on this computer only): the key is sent there.",
    );
  }
  return given.replace(/\/+$/, "");
}
