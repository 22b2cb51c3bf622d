/** What a connection sends, in a form that another process can be told. */
export type Plan =
  /** One request, over and over. */
  | { readonly kind: "same"; readonly request: RequestParts }
  /** A request that is never the same twice: each `{n}` in the body becomes a number of eight digits. */
  | { readonly kind: "numbered"; readonly request: RequestParts }
  /** Refreshes of tokens, one after the other, each with what the refresh before returned for it. */
  | { readonly kind: "refresh"; readonly path: string; readonly chains: readonly Chain[] };

export type RequestParts = {
  /** POST unless it says GET, which has no body. */
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** One grant's refresh token, and the fields that go with it. */
export type Chain = { readonly fields: Readonly<Record<string, string>>; readonly refreshToken: string };

export type Next = (lastBody: string | undefined) => string;

/** The requests of one connection, one after the other. */
export function requestsOf(plan: Plan, port: number): Next {
  switch (plan.kind) {
    case "same": {
      const request = write(plan.request, port);
      return () => request;
    }
    case "numbered": {
      let number = 0;
      const { body } = plan.request;
      return () => {
        number += 1;
        return write(
          { ...plan.request, body: body.replaceAll("{n}", String(number).padStart(8, "0")) },
          port,
        );
      };
    }
    case "refresh":
      return refreshes(plan.path, plan.chains, port);
  }
}

function refreshes(path: string, chains: readonly Chain[], port: number): Next {
  const tokens = chains.map(({ refreshToken }) => refreshToken);
  const fields = chains.map(
    (chain) => `${new URLSearchParams({ ...chain.fields, grant_type: "refresh_token" })}&refresh_token=`,
  );
  let turn = -1;
  return (lastBody) => {
    if (lastBody !== undefined) {
      tokens[turn] = (JSON.parse(lastBody) as { readonly refresh_token: string }).refresh_token;
    }
    turn = (turn + 1) % chains.length;
    return write({ path, headers: FORM, body: `${fields[turn]}${tokens[turn]}` }, port);
  };
}

const FORM = { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" };

function write({ method = "POST", path, headers, body }: RequestParts, port: number): string {
  let head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  return method === "GET" ? `${head}\r\n` : `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}
