// messages.ndjson -> one HTML file, as Cucumber's own tools do it: formatter.mjs FROM TO
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { CucumberHtmlStream } from '@cucumber/html-formatter'
import { NdjsonToMessageStream } from '@cucumber/message-streams'

const [from, to] = process.argv.slice(2)
await pipeline(
  createReadStream(from),
  new NdjsonToMessageStream(),
  new CucumberHtmlStream(),
  createWriteStream(to)
)
