// Config of other kinds in the scratch workspace: what is there, what opens something, and what does not.

/** Each: the file, its text, where something goes in (zero-based), a block that opens something and one that does not, and what the review says. */
export const CONFIGS = {
  'a Kubernetes manifest': {
    path: 'deploy/orders.yaml',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
  namespace: prod
spec:
  replicas: 2
  selector:
    matchLabels: { app: orders }
  template:
    metadata:
      labels: { app: orders }
    spec:
      containers:
        - name: api
          image: registry.example.com/orders@sha256:9b2f7a0c6a1f5f0e8d7c6b5a49382716a5b4c3d2e1f00918273645546372819a
          securityContext:
            runAsNonRoot: true
          ports:
            - containerPort: 8080
`,
    place: { line: 17, character: 12 },
    risky: 'privileged: true\n            ',
    benign: 'allowPrivilegeEscalation: false\n            ',
    says: /privileged|node/i,
  },
  'a Terraform file': {
    path: 'infra/network.tf',
    text: `resource "aws_security_group" "orders_db" {
  name   = "orders-db"
  vpc_id = var.vpc_id

  ingress {
    description = "App servers"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.20.0.0/16"]
  }
}
`,
    place: { line: 11, character: 0 },
    risky: `  ingress {
    description = "Fix time-outs"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
`,
    benign: `  tags = {
    Team = "orders"
  }
`,
    says: /internet|anyone/i,
  },
  'a workflow': {
    path: '.github/workflows/ci.yml',
    text: `name: CI
on:
  pull_request:
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - run: npm ci && npm test
`,
    place: { line: 5, character: 0 },
    risky: `  id-token: write
  packages: write
  actions: write
`,
    benign: `concurrency:
  group: ci
`,
    says: /write|workflow|job|token/i,
  },
};

/** A rule pack that somebody is writing: good, but for its tests. */
export const PACK_FILE = {
  path: 'rules/team.pack.yaml',
  text: `pack: team-rules
version: 1.0.0
title: Rules of the team
rules:
  - id: no-host-network
    title: Pod shares the network of its node
    severity: high
    on: [{ system: kubernetes, type: Pod }]
    when:
      spec.hostNetwork: true
    blastRadius: service
    gain: reach the network of the node
    consequence: "\`{name}\` sees the network of its node."
    failureMode: The pod listens to others.
    fix: Leave hostNetwork out.
    references: [CWE-250]
    tests:
      - { path: a.yaml, before: "", after: "kind: Pod\\nmetadata: { name: a }\\nspec: { hostNetwork: true }", alarms: [{ severity: high }] }
      - { path: a.yaml, before: "", after: "kind: Pod", alarms: [] }
`,
};
