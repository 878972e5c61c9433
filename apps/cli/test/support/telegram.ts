/** As much of the Bot API as a bot needs to run: it tells the updates once, and takes whatever is sent. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { once } from "node:events"

export const telegram = (updates: ReadonlyArray<{ readonly update_id: number }>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sent: Array<string> = []
      let messages = 100
      const server = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          const method = request.url?.split("/").at(-1) ?? ""
          const answer = (result: unknown) =>
            response.setHeader("content-type", "application/json").end(JSON.stringify({ ok: true, result }))
          if (method === "getMe") return answer({ id: 123456, is_bot: true, first_name: "Shop", username: "shop_bot" })
          if (method === "getUpdates") {
            const offset = Number(/"offset":(-?\d+)/.exec(body)?.[1] ?? 0)
            const news = updates.filter(({ update_id }) => update_id >= offset)
            if (news.length > 0) return answer(news)
            return void setTimeout(() => answer([]), 200)
          }
          sent.push(body)
          return answer(
            /^(send|edit)/.test(method)
              ? { message_id: messages++, date: 1, chat: { id: 1, type: "private" }, text: "" }
              : true,
          )
        })
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { server, url: `http://127.0.0.1:${port}`, sent: Effect.succeed(sent) }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
  )
