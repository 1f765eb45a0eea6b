// cucumber.json -> one HTML file: reporter.cjs FROM TO
const reporter = require('cucumber-html-reporter')

const [jsonFile, output] = process.argv.slice(2)
reporter.generate({ theme: 'bootstrap', jsonFile, output, launchReport: false, reportSuiteAsScenarios: true })
