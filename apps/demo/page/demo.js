// The demo's page. The address may name ?user=<id>, another of the emulator's users than the customer. What the log holds is put in by textContent; nothing is ever parsed as HTML.

const $ = (id) => document.getElementById(id)

const element = (name, attributes = {}, children = []) => {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.append(...children)
  return node
}

const mostRows = 500

// -- What the page leads to.

const connection = (words, isLive) => {
  $("connection").textContent = words
  $("connection").classList.toggle("live", isLive)
}

const read = async (path) => {
  try {
    return await (await fetch(path)).json()
  } catch (error) {
    connection("The demo does not answer: is it still running?", false)
    throw error
  }
}

const about = await read("/about")

const chatAddress = new URL("/", about.emulator)
chatAddress.searchParams.set("user", new URLSearchParams(location.search).get("user") ?? about.customer)
chatAddress.searchParams.set("embedded", "")
$("chat").src = chatAddress.href
$("link-simulator").href = `${about.simulator}/simulator`
$("link-emulator").href = about.emulator
$("link-metrics").href = `${about.ingester}/metrics`

// -- Wallet's page, over the chat: so that the log stays in sight.

const openPayPage = (path) => {
  $("pay-page").src = path
  $("pay-tab").href = path
  if (!$("pay").open) $("pay").show()
  $("pay-page").focus()
}

const closePayPage = () => {
  $("pay").close()
  $("pay-page").removeAttribute("src")
  $("chat").focus()
}

addEventListener("message", ({ data, origin, source }) => {
  if (origin !== about.emulator || source !== $("chat").contentWindow || data?.type !== "open") return
  const url = URL.parse(data.url)
  if (url === null) return
  if (url.port === location.port && url.pathname.startsWith("/order/")) openPayPage(url.pathname)
  else if (["http:", "https:"].includes(url.protocol)) open(url.href, "_blank", "noopener,noreferrer")
})

$("pay-close").addEventListener("click", closePayPage)

const closeOnEscape = ({ key }) => {
  if (key === "Escape" && $("pay").open) closePayPage()
}

addEventListener("keydown", closeOnEscape)
// The keyboard is in Wallet's page most of the time, which comes from this address too.
$("pay-page").addEventListener("load", () => $("pay-page").contentWindow.addEventListener("keydown", closeOnEscape))

// -- Switches.

const switches = [...document.querySelectorAll("[data-switch]")]

const showSwitches = (state) => {
  for (const one of switches) {
    const isOn = state[one.dataset.switch]
    one.disabled = false
    one.setAttribute("aria-checked", String(isOn))
    one.querySelector(".state").textContent = isOn ? "On" : "Off"
  }
}

for (const [index, one] of switches.entries()) {
  // The name alone is the switch's name; the sentence below describes it.
  const [name, what] = [one.querySelector(".name"), one.querySelector(".about")]
  name.id = `switch-${index}`
  what.id = `switch-${index}-about`
  one.setAttribute("aria-labelledby", name.id)
  one.setAttribute("aria-describedby", what.id)
  one.addEventListener("click", async () => {
    const isOn = one.getAttribute("aria-checked") !== "true"
    one.setAttribute("aria-busy", "true")
    const answer = await fetch("/switches", {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ [one.dataset.switch]: isOn }),
    }).catch(() => undefined)
    one.removeAttribute("aria-busy")
    $("switch-error").hidden = answer?.ok === true
    if (answer?.ok === true) showSwitches(await answer.json())
    else $("switch-error").textContent = `“${name.textContent}” was not switched: the demo does not answer.`
  })
}

showSwitches(await read("/switches"))

// -- The log.

const announce = (sentence) => {
  $("news").append(element("span", {}, [`${sentence}. `]))
  while ($("news").childElementCount > 20) $("news").firstElementChild.remove()
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })
const dayAndTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" })

const clock = (iso) =>
  element("time", { datetime: iso, title: dayAndTime.format(new Date(iso)) }, [time.format(new Date(iso))])

const sources = {
  Bot: "in the chat",
  Webhook: "by webhook",
  Poll: "by asking",
  Sweep: "by reading the provider’s list",
  Clock: "by the clock",
  Manual: "by hand",
  Worker: "as its work",
}

const people = { Customer: "Customer", Provider: "Wallet Pay", Staff: "Staff", Worker: "Paylog" }

const facts = (pairs) =>
  element(
    "dl",
    {},
    pairs.map(([term, value]) => element("div", {}, [element("dt", {}, [term]), element("dd", {}, [value])])),
  )

const drawEvent = (event) => {
  const who = people[event.actor.kind] ?? event.actor.kind
  const how = sources[event.source] ?? event.source
  return element("li", { "data-position": event.position, "data-type": event.type }, [
    element("details", {}, [
      element("summary", {}, [
        element("span", { class: "position" }, [element("span", { class: "unseen" }, ["Position "]), event.position]),
        element("span", { class: "what" }, [
          element("b", {}, [event.title]),
          element("span", { class: `who ${event.actor.kind.toLowerCase()}` }, [`${who}, ${how}`]),
        ]),
        clock(event.recordedAt),
        element("span", { class: "stream" }, [event.stream]),
      ]),
      facts([
        ["Type", event.type],
        ["Version in its stream", String(event.version)],
        ["Recorded by", `${event.actor.kind} ${event.actor.id}`],
      ]),
      element("pre", { tabindex: "0", "aria-label": "The event’s data" }, [JSON.stringify(event.data, null, 2)]),
    ]),
  ])
}

let head = 0n
let count = 0

const nothing = $("log").firstElementChild

const startAnew = () => {
  count = 0
  $("log").replaceChildren(nothing)
  $("log-count").textContent = "no events yet"
}

const addEvent = (event) => {
  const isNew = BigInt(event.position) > head
  nothing.remove()
  const row = drawEvent(event)
  if (isNew) row.classList.add("new")
  $("log").prepend(row)
  while ($("log").childElementCount > mostRows) $("log").lastElementChild.remove()
  count += 1
  $("log-count").textContent = `newest first, ${count === 1 ? "1 event" : `${count} events`}`
  if (isNew) announce(`Event ${event.position}: ${event.title}`)
}

// -- The invoice.

/** In words, and how it went so far: good, waiting, or in need of somebody. */
const statuses = {
  Issued: ["Being prepared", "waiting"],
  Requested: ["Being prepared", "waiting"],
  Unknown: ["Being checked with Wallet Pay", "waiting"],
  AwaitingPayment: ["Waiting for the payment", "waiting"],
  Paid: ["Paid", "good"],
  Held: ["Money held, a person decides", "care"],
  Expired: ["Expired", "over"],
  Cancelled: ["Cancelled", "over"],
  Refused: ["Refused by Wallet Pay", "care"],
  RefundPending: ["Refund on its way", "care"],
  Refunded: ["Refunded", "over"],
}

let lastStatus

const showInvoice = (row) => {
  if (row === null) return
  const [words, kind] = statuses[row.status] ?? [row.status, "waiting"]
  const known = (label, value, render = String) => (value === null ? [] : [[label, render(value)]])
  $("invoice-position").textContent = `up to position ${row.position}`
  $("invoice").replaceChildren(
    element("div", { class: "subject" }, [
      element("p", { class: "title" }, [row.title]),
      element("p", { class: `status ${kind}`, "data-status": row.status }, [words]),
      element("code", {}, [row.invoiceId]),
    ]),
    facts([
      ["Amount", `${row.amount} ${row.currency}`],
      ...known("Received", row.gross, (gross) => `${gross} ${row.paidCurrency}`),
      ...known("Fee", row.fee, (fee) => `${fee} ${row.paidCurrency}`),
      ...known("Net", row.net, (net) => `${net} ${row.paidCurrency}`),
      ...known("Wallet Pay’s order", row.orderNumber),
      row.paidAt === null ? ["Pay by", clock(row.payBy)] : ["Paid at", clock(row.paidAt)],
      ...(row.heldPayments === 0 ? [] : [["Payments held", String(row.heldPayments)]]),
      ["Made of", row.version === 1 ? "1 event" : `${row.version} events`],
    ]),
  )
  if (lastStatus !== undefined && lastStatus !== words) announce(`Invoice: ${words}`)
  lastStatus = words
}

// -- Live.

const feed = new EventSource("/feed")
feed.addEventListener("open", () => connection("Live", true))
feed.addEventListener("error", () => connection("Connection lost, trying again", false))
feed.addEventListener("here", ({ data }) => {
  const here = JSON.parse(data)
  if (here.anew) startAnew()
  head = BigInt(here.head)
})
feed.addEventListener("event", ({ data }) => addEvent(JSON.parse(data)))
feed.addEventListener("invoice", ({ data }) => showInvoice(JSON.parse(data)))
