import type { Format } from '../../../server/engine/read/tree.ts';

/** One text for each format, with most of what it can hold; what the fuzz tests start from. */
export const SAMPLES: readonly { readonly format: Format; readonly text: string }[] = [
  {
    format: 'hcl',
    text: `locals {
  open = ["0.0.0.0/0"]
  base = { Effect = "Allow" }
}
variable "cidr" { default = "::/0" }
resource "aws_security_group" "web" {
  name = "a-\${local.port}-\${var.env}" # c
  ingress {
    cidr_blocks = concat(local.open, ["10.0.0.0/8", var.cidr])
    text = "a\\"b$\${c}\\n%{ if x }y%{ endif }"
  }
  dynamic "egress" {
    for_each = [1, 2]
    content { port = egress.value }
  }
  policy = jsonencode({ Version = "2012-10-17", Statement = [merge(local.base, { Resource : "*" })] })
  doc = <<-EOT
    {
      "a": "\${local.base.Effect}"
    }
  EOT
  y = a == 1 ? "x" : [for k, v in y : v...]
  /* c */ z = format("%s/%d", "a", -3.5e1) // d
}
`,
  },
  {
    format: 'bicep',
    text: `targetScope = 'subscription'
@secure()
param pw string = 'abc'
var open = '*'
resource sa 'Microsoft.Storage/storageAccounts@2023-01-01' = if (x) {
  name: 'st\${open}x\${uniqueString(a)}\\'\\u{41}'
  properties: {
    list: [
      open
      'b', 3
    ]
    multi: a
      ? 'p'
      : 'q'
    text: '''
hello'''
  }
  resource blob 'blobServices' = { name: 'default' }
}
resource r2 'Microsoft.X/y@1' = [for i in range(0, 2): {
  name: 'n\${i}'
}]
module m './m.bicep' = { params: { a: union({ b: 1 }, c), ...d } }
output o string = pw
`,
  },
  {
    format: 'nginx',
    text: `http {
  add_header X "a \\" b" always;
  server {
    listen 127.0.0.1:80 ssl; # c
    location ~ \\.php$ { internal; proxy_pass http://$host\${uri}; }
    content_by_lua_block { if a { b } }
    if ($x = 'y') { return 403; }
  }
}
`,
  },
  {
    format: 'dockerfile',
    text: `# syntax=x
ARG V=20
FROM --platform=linux/amd64 node:\${V}@sha256:abc AS build
RUN apt-get update \\
  # c
  && curl x | sh
ENV A=1 B="two w" C=$X
COPY --chown=root:root ["a b", "/c/"]
USER 1000:0
RUN <<EOF
echo hi
EOF
FROM scratch
ENTRYPOINT ["/x", "y"]
ONBUILD ADD http://x /y
`,
  },
  {
    format: 'sql',
    text: `-- c
GRANT SELECT (a, b), UPDATE ON TABLE public.t, "Q""x" TO PUBLIC, alice WITH GRANT OPTION;
/* a /* b */ c */ ALTER TABLE ONLY t DISABLE ROW LEVEL SECURITY, DROP COLUMN c;
CREATE POLICY p ON t FOR SELECT TO anon USING ((true)) WITH CHECK (a = E'x\\'y');
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;
CREATE FUNCTION f(a int) RETURNS int SECURITY DEFINER SET search_path = a, b AS $$ select 1; $$;
DO $x$ BEGIN IF true THEN EXECUTE 'GRANT a TO b'; END IF; END $x$;
COPY t FROM stdin;
1	2
\\.
DELETE FROM t WHERE id = 1;
`,
  },
  {
    format: 'sudoers',
    text: `Defaults !requiretty, secure_path="/bin:/sbin"
Defaults:alice !authenticate
User_Alias ADMINS = alice, bob : OPS = carol
Cmnd_Alias ALLC = ALL
ADMINS, %wheel ALL=(ALL:ALL) NOPASSWD: ALLC, PASSWD: /bin/ls -l, !/bin/su
dave h1,h2 = (root) /usr/bin/x \\
  * : h3 = /bin/y # c
#includedir /etc/sudoers.d
`,
  },
  {
    format: 'sshd',
    text: 'Port 22\nPermitRootLogin=yes\nAllowUsers alice "bob x"\nMatch User root Address 10.0.0.0/8\n  PasswordAuthentication yes\n',
  },
  {
    format: 'pg-hba',
    text: 'local all postgres peer\nhost all,db2 "all" 0.0.0.0/0 trust\nhostssl all \\\n all 10.0.0.0 255.0.0.0 scram-sha-256 clientcert=1\n@include x\n',
  },
  { format: 'codeowners', text: '# x\n* @org/a @b # c\n/in\\ fra/ @org/ops\n^[Docs][2] @docs\n/docs\n' },
  {
    format: 'npmrc',
    text: 'strict-ssl=false\nregistry = "https://x/" ; c\n//r/:_authToken=${NPM_TOKEN}\nignore-scripts\nca[]=a\nca[]=b\n',
  },
  {
    format: 'firebase-rules',
    text: `rules_version = '2';
service cloud.firestore {
  function open() { return true; }
  match /databases/{database}/documents {
    match /u/{id} {
      allow read, write: if open();
      allow create: if request.auth != null // c
        && (request.auth.uid == id);
      match /{doc=**} { allow read; }
    }
  }
}
`,
  },
  { format: 'lines', text: '# c\n.env\n\n *.key\r\nx' },
];
