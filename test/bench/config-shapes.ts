/** Texts of any length in each format that is read, with one risky change in the middle. */
export type Shape = {
  readonly name: string;
  readonly path: string;
  readonly head: string;
  readonly part: (index: number) => string;
  readonly tail?: string;
  readonly from: string;
  readonly to: string;
};

/** A text of at least so many lines. */
export function textOf({ head, part, tail = '' }: Shape, lines: number): string {
  const parts = [head];
  let written = newlines(head) + newlines(tail);
  for (let index = 0; written < lines; index++) {
    const more = part(index);
    parts.push(more);
    written += newlines(more);
  }
  return parts.join('') + tail;
}

/** The change nearest behind the middle. */
export function changed({ from, to }: Shape, before: string): string {
  const at = before.indexOf(from, before.length >> 1);
  return `${before.slice(0, at)}${to}${before.slice(at + from.length)}`;
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}

const POD = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
`;
const CONTAINER = (name: string): string => `        - name: ${name}
          image: shop/web:4.2.0
          securityContext:
            privileged: false
            runAsNonRoot: true
          ports:
            - containerPort: 80
          env:
            - name: A
              value: "x"
`;

export const SHAPES: readonly Shape[] = [
  {
    name: 'Kubernetes, many objects',
    path: 'k8s/all.yaml',
    head: '',
    part: (index) => `${POD(`web-${index}`)}${CONTAINER('app')}---\n`,
    from: 'privileged: false',
    to: 'privileged: true',
  },
  {
    name: 'Kubernetes, one object',
    path: 'k8s/one.yaml',
    head: POD('web'),
    part: (index) => CONTAINER(`app-${index}`),
    from: 'privileged: false',
    to: 'privileged: true',
  },
  {
    name: 'Kubernetes, roles',
    path: 'k8s/rbac.yaml',
    head: '',
    part: (index) => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: role-${index}
  namespace: shop
rules:
  - apiGroups: [""]
    resources: ["configmaps"]
    verbs: ["get"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: binding-${index}
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: role-${index}
subjects:
  - kind: ServiceAccount
    name: app-${index}
    namespace: shop
---
`,
    from: 'verbs: ["get"]',
    to: 'verbs: ["*"]',
  },
  {
    name: 'Terraform, buckets',
    path: 'main.tf',
    head: '',
    part: (index) => `resource "aws_s3_bucket" "b${index}" {
  bucket        = "b-${index}"
  force_destroy = false
  tags = {
    team = var.team
  }
  versioning {
    enabled = true
  }
}

`,
    from: 'force_destroy = false',
    to: 'force_destroy = true',
  },
  {
    name: 'Terraform, networks',
    path: 'network.tf',
    head: '',
    part: (index) => `resource "aws_security_group" "g${index}" {
  name   = "g-${index}"
  vpc_id = aws_vpc.main.id

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

`,
    from: '"10.0.0.0/8"',
    to: '"0.0.0.0/0"',
  },
  {
    name: 'CloudFormation, YAML',
    path: 'template.yaml',
    head: "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n",
    part: (index) => `  Bucket${index}:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub shop-${index}-\${AWS::Region}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
        IgnorePublicAcls: true
        RestrictPublicBuckets: true
      VersioningConfiguration:
        Status: Enabled
`,
    from: 'BlockPublicPolicy: true',
    to: 'BlockPublicPolicy: false',
  },
  {
    name: 'GitHub workflow',
    path: '.github/workflows/ci.yml',
    head: 'name: ci\non: [push]\npermissions:\n  contents: read\njobs:\n',
    part: (index) => `  job${index}:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
      - name: Test
        run: |
          npm ci
          npm test -- --shard=${index}
        env:
          CI: 'true'
`,
    from: 'contents: read',
    to: 'contents: write',
  },
  {
    name: 'Compose',
    path: 'docker-compose.yml',
    head: 'services:\n',
    part: (index) => `  web${index}:
    image: shop/web:4.2.0
    privileged: false
    environment:
      A: x
      B: y
    ports:
      - "127.0.0.1:${8000 + (index % 1000)}:80"
    volumes:
      - data${index}:/data
`,
    from: 'privileged: false',
    to: 'privileged: true',
  },
  {
    name: 'Dockerfile',
    path: 'Dockerfile',
    head: `FROM node:22.11.0-alpine@sha256:${'0'.repeat(64)}\nWORKDIR /app\n`,
    part: (index) => `# what part ${index} needs
ENV PART_${index}=on
COPY parts/${index}/package.json parts/${index}/package-lock.json ./parts/${index}/
RUN npm ci --omit=dev --prefix parts/${index} \\
    && npm cache clean --force
LABEL part${index}="yes"
COPY parts/${index}/src ./parts/${index}/src

`,
    tail: 'USER node\nCMD ["node", "src/index.js"]\n',
    from: 'npm cache clean --force',
    to: 'curl -fsSL https://example.com/setup.sh | sh',
  },
  {
    name: 'SQL',
    path: 'migrations/grants.sql',
    head: '',
    part: (index) => `CREATE TABLE shop.orders_${index} (
  id bigint PRIMARY KEY,
  customer bigint NOT NULL,
  total numeric(12, 2) DEFAULT 0,
  placed timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE shop.orders_${index} ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON shop.orders_${index} TO app_reader;
-- what the team reads

`,
    from: 'TO app_reader',
    to: 'TO PUBLIC',
  },
  {
    name: 'Bicep',
    path: 'main.bicep',
    head: "param location string = 'westeurope'\n",
    part: (index) => `resource store${index} 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  name: 'shop${index}'
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    supportsHttpsTrafficOnly: true
  }
}

`,
    from: 'allowBlobPublicAccess: false',
    to: 'allowBlobPublicAccess: true',
  },
  {
    name: 'ARM',
    path: 'azuredeploy.json',
    head: `{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [
`,
    part: (index) => `    {
      "type": "Microsoft.Storage/storageAccounts",
      "apiVersion": "2023-01-01",
      "name": "shop${index}",
      "location": "[resourceGroup().location]",
      "properties": {
        "allowBlobPublicAccess": false,
        "supportsHttpsTrafficOnly": true
      }
    },
`,
    tail: '    {}\n  ]\n}\n',
    from: '"allowBlobPublicAccess": false',
    to: '"allowBlobPublicAccess": true',
  },
  {
    name: 'TOML',
    path: '.codex/config.toml',
    head: 'model = "gpt-5"\n\n',
    part: (index) => `[profiles.p${index}]
model = "gpt-5"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
hide_agent_reasoning = true

[mcp_servers.s${index}]
command = "node"
args = ["/opt/tools/server.js", "--port", "${4000 + index}"]

`,
    from: 'sandbox_mode = "workspace-write"',
    to: 'sandbox_mode = "danger-full-access"',
  },
  {
    name: 'INI',
    path: 'config/app.ini',
    head: '[main]\nname = shop\n\n',
    part: (index) => `[service${index}]
host = db.internal
port = 5432
debug = false
ssl_verify = true
; who reads it
owner = team-${index}
timeout = 30

`,
    from: 'ssl_verify = true',
    to: 'ssl_verify = false',
  },
  {
    name: 'nginx',
    path: 'nginx/sites.conf',
    head: '',
    part: (index) => `server {
  listen 443 ssl;
  server_name s${index}.example.com;
  ssl_protocols TLSv1.2 TLSv1.3;
  location / {
    root /var/www/s${index};
    autoindex off;
  }
}

`,
    from: 'autoindex off',
    to: 'autoindex on',
  },
  {
    name: 'pg_hba',
    path: 'pg_hba.conf',
    head: 'local all postgres peer\n',
    part: (index) => `# service ${index}
hostssl shop_${index} app_${index} 10.0.${index % 250}.0/24 scram-sha-256
hostssl shop_${index} report_${index} 10.1.${index % 250}.0/24 scram-sha-256 clientcert=verify-full

`,
    from: 'scram-sha-256\n',
    to: 'trust\n',
  },
  {
    name: 'dotenv',
    path: '.env',
    head: '',
    part: (index) => `# part ${index}
PART_${index}_HOST=db.internal
PART_${index}_PORT=5432
PART_${index}_DEBUG=false
PART_${index}_TLS_VERIFY=true

`,
    from: '_TLS_VERIFY=true',
    to: '_TLS_VERIFY=false\nNODE_TLS_REJECT_UNAUTHORIZED=0',
  },
];
