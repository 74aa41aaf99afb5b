/**
 * What an action is good for, beyond the access level that AWS publishes. Names in lower case; a trailing `*` stands for any ending.
 * Facts after AWS's service authorization reference, and the classes of cloudsplaining and iam-dataset.
 */
export const CREDENTIALS = matcher(`
  secretsmanager:getsecretvalue secretsmanager:batchgetsecretvalue
  ssm:getparameter ssm:getparameters ssm:getparametersbypath ssm:getparameterhistory
  sts:assumerole sts:assumerolewithsaml sts:assumerolewithwebidentity sts:assumeroot sts:getfederationtoken
  iam:createaccesskey iam:createloginprofile iam:updateloginprofile iam:createservicespecificcredential iam:resetservicespecificcredential iam:updateaccesskey
  iam:uploadsshpublickey iam:uploadsigningcertificate
  redshift:getclustercredentials redshift:getclustercredentialswithiam redshift-serverless:getcredentials
  rds-db:connect dsql:dbconnect dsql:dbconnectadmin rds:createdbauthtoken
  ec2:getpassworddata cognito-identity:getcredentialsforidentity cognito-identity:getopenidtokenfordeveloperidentity
  lightsail:downloaddefaultkeypair lightsail:getkeypair* lightsail:getrelationaldatabasemasteruserpassword lightsail:getinstanceaccessdetails
  lightsail:getbucketaccesskeys gamelift:getinstanceaccess gamelift:getcomputeaccess connect:getfederationtoken connect:listsecuritykeys
  codepipeline:pollforjobs storagegateway:describechapcredentials snowball:getjobunlockcode
  apigateway:getapikeys appsync:listapikeys workmail:resetpassword sso:getrolecredentials
`);

/** Tokens to pull what a registry's own rules still guard: sensitive only together with data. */
export const REGISTRY_TOKENS = matcher(`
  ecr:getauthorizationtoken ecr-public:getauthorizationtoken codeartifact:getauthorizationtoken sts:getservicebearertoken
`);

export const EXPOSURE = matcher(`
  ec2:modifysnapshotattribute ec2:resetsnapshotattribute ec2:modifyimageattribute ec2:disableimageblockpublicaccess ec2:disablesnapshotblockpublicaccess
  ec2:modifyvpcendpointservicepermissions ec2:modifyfpgaimageattribute
  rds:modifydbsnapshotattribute rds:modifydbclustersnapshotattribute redshift:authorizesnapshotaccess redshift:authorizedatashare
  s3:putbucketpolicy s3:putbucketacl s3:putobjectacl s3:putobjectversionacl s3:deletebucketpolicy s3:putbucketpublicaccessblock s3:putaccountpublicaccessblock
  s3:putaccesspointpolicy s3:putmultiregionaccesspointpolicy s3:bypassgovernanceretention s3:putbucketownershipcontrols
  lambda:addpermission lambda:addlayerversionpermission lambda:createfunctionurlconfig lambda:updatefunctionurlconfig
  ecr:setrepositorypolicy ecr-public:setrepositorypolicy ecr:putregistrypolicy kms:putkeypolicy kms:creategrant
  sns:addpermission sqs:addpermission secretsmanager:putresourcepolicy secretsmanager:deleteresourcepolicy
  ram:createresourceshare ram:associateresourceshare ram:enablesharingwithawsorganization
  ssm:modifydocumentpermission logs:putresourcepolicy glue:putresourcepolicy lakeformation:grantpermissions lakeformation:batchgrantpermissions
  lakeformation:putdatalakesettings elasticfilesystem:putfilesystempolicy es:addpermission backup:putbackupvaultaccesspolicy backup:deletebackupvaultaccesspolicy
  events:putpermission dynamodb:putresourcepolicy kinesis:putresourcepolicy codebuild:putresourcepolicy codeartifact:put*permissionspolicy
  acm-pca:putpolicy acm-pca:createpermission glacier:setvaultaccesspolicy mediastore:putcontainerpolicy
  quicksight:update*permissions cloudsearch:updateserviceaccesspolicies apigateway:updaterestapipolicy
`);

/** Destroying data, its backups, or the key that makes it readable. */
export const DESTRUCTION = matcher(`
  s3:deletebucket s3:deleteobject s3:deleteobjectversion s3:putlifecycleconfiguration s3:deletestoragelensconfiguration
  dynamodb:deletetable dynamodb:deletebackup dynamodb:deletetablereplica
  rds:deletedb* rds:deleteglobalcluster docdb-elastic:deletecluster* rds:deletetenantdatabase
  redshift:deletecluster redshift:deleteclustersnapshot redshift-serverless:deletenamespace redshift-serverless:deletesnapshot
  backup:deletebackupvault backup:deleterecoverypoint backup:deletebackupplan backup:updaterecoverypointlifecycle backup:deletebackupvaultlockconfiguration
  kms:schedulekeydeletion kms:disablekey kms:deleteimportedkeymaterial
  ec2:terminateinstances ec2:deletesnapshot ec2:deletevolume ec2:deregisterimage ec2:deletevpc
  eks:deletecluster ecs:deletecluster ecs:deleteservice lambda:deletefunction autoscaling:deleteautoscalinggroup elasticloadbalancing:deleteloadbalancer
  sqs:deletequeue sqs:purgequeue sns:deletetopic cloudfront:deletedistribution apigateway:delete glue:deletetable sagemaker:deleteendpoint
  elasticmapreduce:terminatejobflows cloudsearch:deletedomain workspaces:terminateworkspaces cognito-identity:deleteidentitypool
  elasticfilesystem:deletefilesystem fsx:deletefilesystem fsx:deletebackup fsx:deletevolume
  es:deletedomain es:deleteelasticsearchdomain aoss:deletecollection elasticache:deletesnapshot elasticache:delete*cluster elasticache:deletereplicationgroup
  memorydb:deletecluster memorydb:deletesnapshot secretsmanager:deletesecret ssm:deleteparameter ssm:deleteparameters
  glacier:deletearchive glacier:deletevault ecr:deleterepository ecr:batchdeleteimage kinesis:deletestream
  cassandra:drop neptune-graph:deletegraph timestream:deletedatabase timestream:deletetable qldb:deleteledger
  cloudformation:deletestack cloudformation:deletestackset cloudformation:deletestackinstances route53:deletehostedzone
  cognito-idp:deleteuserpool codecommit:deleterepository lightsail:deleterelationaldatabase* lightsail:deletebucket
  glue:deletedatabase storagegateway:deletevolume storagegateway:deletetape dlm:deletelifecyclepolicy
`);

/** Of these, what runs rather than what is stored: it can be built again. */
export const STOPPING = matcher(`
  ec2:terminateinstances ec2:deletevpc eks:deletecluster ecs:deletecluster ecs:deleteservice lambda:deletefunction autoscaling:deleteautoscalinggroup
  elasticloadbalancing:deleteloadbalancer cloudfront:deletedistribution apigateway:delete sagemaker:deleteendpoint elasticmapreduce:terminatejobflows
`);

/** Turning off what would show misuse. */
export const LOGGING = matcher(`
  cloudtrail:stoplogging cloudtrail:deletetrail cloudtrail:updatetrail cloudtrail:puteventselectors cloudtrail:deleteeventdatastore cloudtrail:stopeventdatastoreingestion
  guardduty:deletedetector guardduty:updatedetector guardduty:disassociate* guardduty:deletemembers guardduty:stopmonitoringmembers
  config:stopconfigurationrecorder config:deleteconfigurationrecorder config:deletedeliverychannel config:deleteconfigrule
  securityhub:disablesecurityhub securityhub:deletemembers securityhub:disassociate* securityhub:batchdisablestandards
  macie2:disablemacie inspector2:disable access-analyzer:deleteanalyzer detective:deletegraph
  ec2:deleteflowlogs logs:deleteloggroup logs:deletelogstream s3:putbucketlogging
  waf:deleteloggingconfiguration wafv2:deleteloggingconfiguration wafv2:deletewebacl shield:disable* fms:disassociateadminaccount
`);

/** Reading what people or programs stored, as against settings and names. */
export const DATA = matcher(`
  s3:getobject s3:getobjectversion s3:getobjecttorrent s3:selectobjectcontent s3-object-lambda:getobject
  dynamodb:getitem dynamodb:batchgetitem dynamodb:query dynamodb:scan dynamodb:getrecords dynamodb:partiqlselect dynamodb:exporttabletopointintime
  athena:getqueryresults* redshift-data:getstatementresult* rds-data:executestatement rds-data:batchexecutestatement redshift-data:executestatement
  cassandra:select sdb:select timestream:select qldb:sendcommand qldb:partiqlselect neptune-db:readdataviaquery neptune-graph:readdataviaquery
  sqs:receivemessage kinesis:getrecords kafka-cluster:readdata kinesisvideo:getmedia kinesisvideo:getimages
  kms:decrypt ebs:getsnapshotblock codecommit:getfile codecommit:getblob codecommit:gitpull ecr:getdownloadurlforlayer
  logs:getlogevents logs:filterlogevents logs:getqueryresults logs:getlogrecord logs:startlivetail cognito-idp:describeuserpoolclient cloudtrail:getqueryresults
  es:eshttpget es:eshttppost aoss:apiaccessall aoss:dashboardsaccessall lambda:getfunction lakeformation:getdataaccess
  elasticfilesystem:clientmount glacier:getjoboutput mediastore:getobject workdocs:getdocumentversion rds:downloaddblogfileportion rds:downloadcompletedblogfile
  cognito-idp:listusers cognito-idp:admingetuser chime:getchannelmessage support:describecommunications connect:getcontactattributes
  healthlake:readresource healthlake:searchwithget ses:getmessage backup:startrestorejob
`);

/** Filed by AWS as permissions management, yet they give nobody access to data or rights. */
export const MILD_PERMISSIONS = matcher(`
  ec2:createnetworkinterfacepermission ec2:createcoippoolpermission ec2:createlocalgatewayroute* apigateway:setwebacl lambda:disablereplication lambda:enablereplication
  cloudformation:setstackpolicy elasticmapreduce:putblockpublicaccessconfiguration
`);

/** Listing and describing that AWS files under another level, and harmless writes that only read. */
export const HARMLESS = matcher(`
  sts:getcalleridentity sts:decodeauthorizationmessage sts:getsessiontoken sts:tagsession sts:setsourceidentity iam:createservicelinkedrole
  kms:generatedatakey* kms:encrypt kms:describekey logs:createlogstream logs:createloggroup logs:putlogevents cloudwatch:putmetricdata xray:put*
  ssmmessages:* ec2messages:* athena:startqueryexecution iam:generatecredentialreport iam:generateservicelastaccesseddetails
`);

function matcher(text: string): (lowerAction: string) => boolean {
  const all = text.trim().split(/\s+/);
  const exact = new Set(all.filter((each) => !each.includes('*')));
  const globs = all.filter((each) => each.includes('*')).map((each) => new RegExp(`^${each.replaceAll('*', '[^:]*')}$`));
  return (action) => exact.has(action) || globs.some((glob) => glob.test(action));
}
