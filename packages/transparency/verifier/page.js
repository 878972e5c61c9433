import { verifyProof } from "../src/Verifier.ts"

const element = (id) => document.getElementById(id)

/** An element with these contents: texts stay texts, whatever the file holds. */
const make = (name, className, ...contents) => {
  const made = document.createElement(name)
  made.className = className
  made.append(...contents)
  return made
}

let text
let checks = 0

const tell = (className, headline, sentence) => {
  element("verdict").className = className
  element("verdict").replaceChildren(...(headline === "" ? [] : [make("b", "", headline)]), sentence)
}

const plain = (text) => text.replaceAll(/\p{Cc}+/gu, " ")

/** JSON with line breaks between its parts; every character of it stays. */
const laidOut = (json) => {
  let [out, depth, isString] = ["", 0, false]
  const breakLine = () => (out += `\n${"  ".repeat(depth)}`)
  for (const [part] of json.matchAll(/\\.|./gsu)) {
    if (part === '"') isString = !isString
    const isOutside = !isString && part !== '"'
    if (isOutside && /[}\]]/.test(part)) {
      depth--
      breakLine()
    }
    out += part
    if (isOutside && /[{[]/.test(part)) depth++
    if (isOutside && /[{[,]/.test(part)) breakLine()
    if (isOutside && part === ":") out += " "
  }
  return out
}

const eventOf = ({ version, type, recordedAt, position, data }) => {
  const details = make("details", "")
  const when = make("span", "quiet", `${recordedAt.replace("T", " ").replace("Z", " UTC")} · position ${position}`)
  const shown = data === undefined ? "The file has the SHA-256 of its data alone." : laidOut(plain(data))
  details.append(make("summary", "", `${version}. ${plain(type)} `, when), make("pre", "", shown))
  return make("li", "", details)
}

const items = (lines) => lines.map((line) => make("li", "", plain(line)))

const check = async () => {
  const keys = element("key")
    .value.split(/\s+/)
    .filter((key) => key !== "")
  const origin = element("origin").value.trim()
  const mine = ++checks
  element("proven").hidden = true
  if (text === undefined) return tell("", "", "Choose a proof, or drop it here.")
  if (keys.length === 0) return tell("", "", "Paste the log’s key.")
  const result = await verifyProof(text, keys, { origin: origin === "" ? undefined : origin })
  // Another file or key has come meanwhile: its own check tells.
  if (mine !== checks) return
  if (!result.holds) {
    const headline = result.fault === "proof" ? "Not valid: the proof does not hold" : "Not checked"
    return tell("refused", headline, `${plain(result.problem)}.`)
  }
  const count = result.events.length === 1 ? "1 event" : `${result.events.length} events`
  tell(
    "holds",
    "Valid: the proof holds",
    `${count} of ${result.stream}, in the log ${result.log.origin} of ${result.log.size} events, signed by ${result.signedBy.join(", ")}.`,
  )
  element("events").replaceChildren(...result.events.map(eventOf))
  element("shown").replaceChildren(...items(result.shown))
  element("not-shown").replaceChildren(...items(result.notShown))
  element("proven").hidden = false
}

const take = async (files) => {
  const [file] = files
  if (file === undefined) return
  tell("", "", `Reading ${plain(file.name)} …`)
  text = await file.text()
  await check()
}

element("file").addEventListener("change", (event) => take(event.target.files))
element("key").addEventListener("input", check)
element("origin").addEventListener("input", check)
element("form").addEventListener("submit", (event) => event.preventDefault())
document.addEventListener("dragover", (event) => {
  event.preventDefault()
  document.body.className = "dropping"
})
document.addEventListener("dragleave", () => {
  document.body.className = ""
})
document.addEventListener("drop", (event) => {
  event.preventDefault()
  document.body.className = ""
  return take(event.dataTransfer.files)
})
void check()
