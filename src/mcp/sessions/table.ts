import type { McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Auth } from "../../core/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { SessionCalls } from "./calls.ts";

export type McpSession = {
  readonly person: string;
  /** For which tokens it exists. */
  readonly key: string;
  readonly server: McpServer;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly subscriptions: ReadonlySet<string>;
  /** The token that it began with. */
  readonly opened: Auth;
  /** The one that was used last: after a step-up it may be another grant's. */
  auth: Auth;
  readonly calls: SessionCalls;
  lastUsed: number;
};

/** The sessions that are open: so many at most, each for as long as it is used. */
export type SessionTable = {
  /** Adds one that was opened. Where there are too many, the one that was used least recently is closed for it, of those that are idle if there are any. */
  add(id: string, session: McpSession): void;
  /** Counts a use. Undefined where there is no session of this id and key. */
  use(id: string, key: string): McpSession | undefined;
  close(id: string): void;
  closeWhere(condition: (session: McpSession) => boolean): void;
  all(): Iterable<McpSession>;
  count(): number;
};

const IDLE_MILLISECONDS = 60 * 60 * 1000;
const SWEEP_MILLISECONDS = 60 * 1000;
const MAXIMUM_SESSIONS = 10_000;
/** One person cannot push out everybody else. */
const MAXIMUM_SESSIONS_OF_ONE_PERSON = 100;

export function createSessionTable(clock: Clock, log: Log): SessionTable {
  /** The least recently used first. */
  const sessions = new Map<string, McpSession>();
  const countByPerson = new Map<string, number>();
  let sweeper: NodeJS.Timeout | undefined;

  const close = (id: string) => {
    const session = sessions.get(id);
    if (!session) return;
    sessions.delete(id);
    const left = (countByPerson.get(session.person) ?? 1) - 1;
    if (left > 0) countByPerson.set(session.person, left);
    else countByPerson.delete(session.person);
    if (sessions.size === 0) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
    // Before it is closed: then they would be left without an answer.
    session.calls.cutAll();
    session.server.close().catch((cause) => log.error("a session did not close", { cause }));
  };

  const closeWhere = (condition: (session: McpSession) => boolean) => {
    for (const [id, session] of sessions) if (condition(session)) close(id);
  };

  const isIdle = ({ calls, lastUsed }: McpSession) =>
    calls.count() === 0 && clock() - lastUsed > IDLE_MILLISECONDS;

  const makeRoom = (person: string) => {
    const crowded = (countByPerson.get(person) ?? 0) >= MAXIMUM_SESSIONS_OF_ONE_PERSON;
    if (!crowded && sessions.size < MAXIMUM_SESSIONS) return;
    const candidates = [...sessions].filter(([, session]) => !crowded || session.person === person);
    // One in which something runs goes last.
    const [id] = candidates.find(([, { calls }]) => calls.count() === 0) ?? candidates[0] ?? [];
    if (id !== undefined) close(id);
  };

  return {
    add(id, session) {
      makeRoom(session.person);
      sessions.set(id, session);
      countByPerson.set(session.person, (countByPerson.get(session.person) ?? 0) + 1);
      sweeper ??= setInterval(() => closeWhere(isIdle), SWEEP_MILLISECONDS).unref();
    },
    use(id, key) {
      const session = sessions.get(id);
      if (!session) return undefined;
      if (isIdle(session)) {
        close(id);
        return undefined;
      }
      if (session.key !== key) return undefined;
      sessions.delete(id);
      sessions.set(id, session);
      return session;
    },
    close,
    closeWhere,
    all: () => sessions.values(),
    count: () => sessions.size,
  };
}
