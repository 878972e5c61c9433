// One message: its text, what it was before, and the buttons below.
import { element } from "./element.js"
import { formatted, safeLink } from "./formatted.js"
import { toast } from "./notices.js"
import { act, isEmbedded, send, state } from "./state.js"

const time = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })

export const drawMessage = (message, isMine) => {
  const history = element(
    "div",
    { class: "history", hidden: "" },
    message.earlier.map((version) =>
      element("div", {}, [`${time(version.edit_date ?? version.date)}  ${version.text}`]),
    ),
  )
  const toggle = () => history.toggleAttribute("hidden")
  const edited = element("button", { type: "button", title: "Show what it was before", onclick: toggle }, ["edited"])
  const meta = element("span", { class: "meta" }, [
    ...(message.edit_date === undefined ? [] : [edited, " "]),
    time(message.date),
  ])
  const quoted = message.reply_to_message?.text
  const rows = message.reply_markup?.inline_keyboard ?? []
  return element(
    "li",
    {
      class: `message${isMine ? " mine" : ""}${rows.length > 0 ? " has-keys" : ""}`,
      "data-id": message.message_id,
    },
    [
      element("div", { class: "bubble" }, [
        ...(state.room === undefined || isMine ? [] : [element("b", { class: "author" }, [message.from.first_name])]),
        ...(message.forwarded_from === undefined
          ? []
          : [element("span", { class: "quote" }, [`Forwarded from ${message.forwarded_from.first_name}`])]),
        ...files(message),
        ...(quoted === undefined ? [] : [element("span", { class: "quote" }, [quoted])]),
        element("span", { class: "text" }, formatted(message.text, message.entities ?? [], send)),
        meta,
        history,
      ]),
      element(
        "div",
        { class: "keys" },
        rows.map((row) =>
          element(
            "div",
            {},
            row.map((button) => drawKey(button, message.message_id)),
          ),
        ),
      ),
    ],
  )
}

const files = ({ document: file, photo }) =>
  [
    [photo, "Photo"],
    [file, "File"],
  ].flatMap(([one, kind]) =>
    one === undefined
      ? []
      : [element("span", { class: "file" }, [`${kind}: ${one.file_name ?? "unnamed"}, ${one.file_size} bytes`])],
  )

const drawKey = (button, messageId) => {
  const press = () => act("POST", "/presses", { messageId, text: button.text, ...dataOf(button) })
  const opens = safeLink(button.url ?? button.web_app?.url ?? "")
  if (opens !== undefined) {
    const onclick = (event) => {
      void press()
      if (!isEmbedded || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      parent.postMessage({ type: "open", url: opens }, "*")
    }
    return element(
      "a",
      { class: "key", href: opens, target: "_blank", rel: "noopener noreferrer", title: opens, onclick },
      [button.text],
    )
  }
  const key = element("button", { type: "button", class: "key" }, [button.text])
  key.addEventListener("click", async () => {
    const pressed = await press()
    if (pressed?._tag === "Copied") {
      await navigator.clipboard?.writeText(pressed.text)
      toast("Copied")
    } else if (pressed?._tag === "Asked") {
      key.setAttribute("aria-busy", "true")
      state.waiting.set(pressed.callbackQueryId, key)
      setTimeout(() => key.removeAttribute("aria-busy"), 15_000)
    }
  })
  return key
}

const dataOf = ({ callback_data: data }) => (data === undefined ? {} : { data })
