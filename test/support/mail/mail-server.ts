import type { Socket } from "node:net";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";
import { listening } from "../listening.ts";

/** A mail as the server of its recipient has it. */
export type Received = {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  /** By name in lower case, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly raw: string;
};

/** What the server answers in place of taking the mail. */
export type Answers = {
  /** To AUTH; without it, none is offered. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly rcpt?: (address: string) => { readonly code: number; readonly text: string } | undefined;
  readonly data?: (raw: string) => { readonly code: number; readonly text: string } | undefined;
  /** Whether it takes the mail, and the connection is lost before it says so. */
  readonly hangsUp?: () => boolean;
  /** Its certificate: it offers STARTTLS, or begins with TLS. Without one, it offers none, as where someone in between takes it out. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly begins?: boolean };
};

export type MailServer = {
  readonly port: number;
  /** The value of the option `smtp`. */
  readonly smtp: string;
  readonly mails: readonly Received[];
  /** How many connections there were. */
  connections(): number;
  stop(): Promise<void>;
};

/** A real mail server on a loopback socket, until the test is over. */
export async function startMailServer(answers: Answers = {}): Promise<MailServer> {
  const mails: Received[] = [];
  let connections = 0;
  const refusal = ({ code, text }: { readonly code: number; readonly text: string }) =>
    Object.assign(new Error(text), { responseCode: code });
  const { tls, login: offered } = answers;
  const server = new SMTPServer({
    ...(tls && { key: tls.key, cert: tls.cert, secure: tls.begins ?? false }),
    disabledCommands: [...(tls ? [] : ["STARTTLS"]), ...(offered ? [] : ["AUTH"])],
    allowInsecureAuth: true,
    logger: false,
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onAuth({ username, password }, _session, done) {
      if (username === offered?.user && password === offered?.password) return done(null, { user: username });
      done(Object.assign(new Error("bad"), { responseCode: 535 }));
    },
    onRcptTo({ address }, _session, done) {
      const refused = answers.rcpt?.(address);
      done(refused ? refusal(refused) : null);
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks).toString("latin1");
        const refused = answers.data?.(raw);
        if (refused) return done(refusal(refused));
        const { mailFrom, rcptTo } = envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), ...parse(raw), raw });
        if (!answers.hangsUp?.()) return done();
        for (const socket of sockets) socket.destroy();
      });
    },
  });
  // Those of its clients who end a connection while TLS begins.
  server.on("error", () => {});
  const sockets = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listening(server.server);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= new Promise((resolve) => server.close(() => resolve()));
    return stopped;
  };
  onTestFinished(stop);
  return { port, smtp: `smtp://127.0.0.1:${port}`, mails, connections: () => connections, stop };
}

/** RFC 5322 §2.2.3 and RFC 2045 §6.7, as far as our mails need it. */
function parse(raw: string): Pick<Received, "headers" | "text"> {
  const [head = "", body = ""] = raw.split(/\r\n\r\n(.*)/s);
  const headers = new Map(
    head
      .replace(/\r\n[ \t]+/g, " ")
      .split("\r\n")
      .map((line) => {
        const [name = "", value = ""] = line.split(/:\s*(.*)/s);
        return [name.toLowerCase(), value];
      }),
  );
  const encoding = headers.get("content-transfer-encoding")?.toLowerCase();
  if (encoding === "base64") return { headers, text: Buffer.from(body, "base64").toString("utf8") };
  const plain =
    encoding === "quoted-printable"
      ? body
          .replace(/=\r\n/g, "")
          .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      : body;
  return { headers, text: Buffer.from(plain, "latin1").toString("utf8").replaceAll("\r\n", "\n") };
}
