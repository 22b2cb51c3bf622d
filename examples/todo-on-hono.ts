import type { RequestListener } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { gatehouse } from "mcp-gatehouse/hono";
import { badTodo, newTodo, type TodoParts, unknownTodo } from "./todo-api.ts";

/** The REST routes on Hono. */
export function onHono({ server, lists, rest }: TodoParts): RequestListener {
  const { guard, requireScopes } = gatehouse(server);
  const limit = bodyLimit({ maxSize: 100 * 1024, onError: (c) => c.json(badTodo, 413) });

  const todos = new Hono()
    .use(guard)
    .get("/", requireScopes("todo:read"), (c) => c.json({ todos: lists.list(c.get("auth")) }))
    .post("/", requireScopes("todo:write"), limit, async (c) => {
      const { success, data } = newTodo.safeParse(await c.req.json().catch(() => undefined));
      return success ? c.json(lists.add(c.get("auth"), data.title), 201) : c.json(badTodo, 400);
    })
    .delete("/:id", requireScopes("todo:delete"), (c) => {
      const id = c.req.param("id");
      return lists.delete(c.get("auth"), id) ? c.body(null, 204) : c.json(unknownTodo(id), 404);
    });

  const app = new Hono<{ Bindings: HttpBindings }>()
    .route("/todos", todos)
    .all("*", (c) => rest(c.req.raw, { address: c.env.incoming.socket.remoteAddress }))
    .onError((error, c) => {
      console.error(error);
      return c.json({ error: "server_error", error_description: "It failed." }, 500);
    });
  return getRequestListener(app.fetch, { overrideGlobalObjects: false });
}
