// Package ec2 checks the signatures of requests that Amazon's clients make: version 2 and 4 of EC2's, and S3's. A service that
// receives such a request has keystone check it, for only keystone knows the secret. As keystoneclient/contrib/ec2/utils.py and
// keystone/api/s3tokens.py; versions 0 and 1, which sign too little, are refused.
package ec2
