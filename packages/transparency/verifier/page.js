const element = (id) => document.getElementById(id)

let text

const check = async () => {
  const verdict = element("verdict")
  const keys = element("key")
    .value.split(/\s+/)
    .filter((key) => key !== "")
  const origin = element("origin").value.trim()
  verdict.className = ""
  if (text === undefined) verdict.textContent = "Choose a proof, or drop it here."
  else if (keys.length === 0) verdict.textContent = "Paste the log's key."
  else {
    const result = await verifyProof(text, keys, { origin: origin === "" ? undefined : origin })
    verdict.textContent = report(result).join("\n")
    verdict.className = result.holds ? "holds" : "refused"
  }
}

const take = async (files) => {
  const [file] = files
  if (file === undefined) return
  element("verdict").className = ""
  element("verdict").textContent = `Reading ${file.name} …`
  text = await file.text()
  await check()
}

element("file").addEventListener("change", (event) => take(event.target.files))
element("key").addEventListener("input", check)
element("origin").addEventListener("input", check)
document.addEventListener("dragover", (event) => event.preventDefault())
document.addEventListener("drop", (event) => {
  event.preventDefault()
  return take(event.dataTransfer.files)
})
void check()
